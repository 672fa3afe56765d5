import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { crmMonText, observeCluster } from '../../../../../lib/commands/cluster/observe-cluster.ts';
import { waitForCluster } from '../../../../../lib/commands/cluster/wait.ts';
import { observeStatus } from '../../../../../lib/commands/status/observe.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import { cib, instanceSet, nodeState } from '../../pacemaker/cib-builder.ts';

interface Folders {
  readonly testdir: () => string;
  readonly teardown: (fn: () => void) => void;
}

/** Tiny real executables in place of Pacemaker's tools, and nothing else of Pacemaker on the PATH. */
function tools(test: Folders, scripts: Readonly<Record<string, string>>): void {
  const folder = test.testdir();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = `${folder}:/usr/bin:/bin`;
  test.teardown(() => {
    process.env.PATH = before;
  });
}

const printing = (text: string): string => `cat <<'END'\n${text}\nEND`;

const CIB = cib({
  status: nodeState('1', 'node1', 'in_ccm="true" crmd="online"'),
  resources: `<clone id="msPostgresql"><meta_attributes id="m"><nvpair id="m-p" name="promotable" value="true"/></meta_attributes>
    <primitive id="pgsql" class="ocf" provider="pha" type="pgsql">${instanceSet('i', { rep_mode: 'async', pgdba: 'nobody-of-this-name' })}</primitive></clone>`,
});

const MON = `<pacemaker-result><summary><current_dc name="node1" with_quorum="true"/></summary><resources>
  <clone id="msPostgresql"><resource id="pgsql" role="Promoted" managed="true"><node name="node1"/></resource></clone></resources></pacemaker-result>`;

const ALL = {
  cibadmin: printing(CIB),
  crm_node: 'echo node1',
  crm_mon: `case "$*" in *xml*) ${printing(MON)}\n;; *) echo "as it is";; esac`,
};

const soon = () => deadlineIn(10_000);

t.test('the whole observation, with a database that cannot be asked', async (t) => {
  tools(t, ALL);
  const observation = await observeStatus(undefined, soon());
  if (!observation.ok) throw new Error(observation.sentence);
  t.match(observation.snapshot, { self: 'node1', resource: { id: 'pgsql', name: 'msPostgresql' } });
  t.match(observation.snapshot.databases.primary, { known: false, reason: /no user nobody-of-this-name/ });
  t.same(observation.crmMon, { known: true, value: 'as it is\n' });
});

t.test('a resource that is not there', async (t) => {
  tools(t, ALL);
  t.match(await observeStatus('other', soon()), { ok: false, code: 100 });
});

t.test('Pacemaker does not run', async (t) => {
  tools(t, { ...ALL, cibadmin: 'echo "Could not connect" >&2; exit 102', crm_mon: 'exit 102' });
  t.match(await observeStatus(undefined, soon()), { ok: false, code: 101, sentence: /pcs cluster start/ });
  t.equal((await crmMonText(soon())).known, false);
});

t.test('Pacemaker is not there, talks nonsense, or does not answer', async (t) => {
  tools(t, {});
  process.env.PATH = t.testdir();
  t.match(await observeCluster(soon()), { known: false, reason: /not installed/ });
  tools(t, { ...ALL, crm_mon: 'echo nonsense' });
  t.match(await observeCluster(soon()), { known: false });
  tools(t, { ...ALL, cibadmin: 'sleep 60' });
  const start = performance.now();
  t.match(await observeCluster(deadlineIn(300)), { known: false, reason: /cibadmin/ });
  t.ok(performance.now() - start < 3000);
});

t.test('Ctrl-C ends a look that hangs, and the wait that it is part of', async (t) => {
  tools(t, { ...ALL, crm_mon: 'sleep 60' });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  const waited = await waitForCluster(() => undefined, {
    deadline: deadlineIn(30_000),
    interrupted: abort.signal,
  });
  t.equal(waited.kind, 'interrupted');
});
