import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { observeOnePrimary } from '../../../../../lib/commands/node-data/one-primary.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';
import { cib, instanceSet, nodeState } from '../../pacemaker/cib-builder.ts';
import { fakeTerminal } from '../cli/fake-terminal.ts';

const ONLINE = 'in_ccm="true" crmd="online"';

const withStatus = (node2: Readonly<Record<string, string>>): string =>
  cib({
    status: nodeState('1', 'node1', ONLINE) + nodeState('2', 'node2', ONLINE, node2),
    resources: `<clone id="msPostgresql"><meta_attributes id="m"><nvpair id="m-p" name="promotable" value="true"/></meta_attributes>
    <primitive id="pgsql" class="ocf" provider="pha" type="pgsql">${instanceSet('i', { rep_mode: 'sync' })}</primitive></clone>`,
  });

const mon = (...promoted: string[]): string =>
  `<pacemaker-result><summary><current_dc name="node2" with_quorum="true"/></summary><resources><clone id="msPostgresql">${promoted
    .map((node) => `<resource id="pgsql" role="Promoted" managed="true"><node name="${node}"/></resource>`)
    .join('')}</clone></resources></pacemaker-result>`;

/** Pacemaker's tools: crm_mon says the first, and the second from its third call on. */
const pacemaker = (t: Test, first: string, second: string, node2 = {}): void => {
  const folder = t.testdir({ first, second, cib: withStatus(node2) });
  const tools = {
    cibadmin: `cat ${folder}/cib`,
    crm_node: 'echo node1',
    crm_mon: `echo >>${folder}/calls; [ "$(wc -l <${folder}/calls)" -le 2 ] && cat ${folder}/first || cat ${folder}/second`,
  };
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = `${folder}:/usr/bin:/bin`;
  t.teardown(() => {
    process.env.PATH = before;
  });
};

const promotedIn = (observed: Awaited<ReturnType<typeof observeOnePrimary>>): readonly string[] =>
  observed.ok ? observed.situation.promoted : [];

t.test('one primary is not waited for', async (t) => {
  pacemaker(t, mon('node2'), mon());
  const terminal = fakeTerminal();
  t.same(promotedIn(await observeOnePrimary(undefined, deadlineIn(60_000), terminal)), ['node2']);
  t.equal(terminal.complaints(), '');
});

t.test('a node whose start has failed counts as a primary until it is stopped', async (t) => {
  pacemaker(t, mon('node1', 'node2'), mon('node2'));
  const terminal = fakeTerminal();
  t.same(promotedIn(await observeOnePrimary(undefined, deadlineIn(60_000), terminal)), ['node2']);
  t.match(terminal.complaints(), 'wait until one node counts as primary: node1 and node2 count as primary');
});

t.test('a primary that was reloaded counts as a standby until its next monitor', async (t) => {
  pacemaker(t, mon(), mon('node2'), { 'pgsql-status': 'PRI' });
  const terminal = fakeTerminal();
  t.same(promotedIn(await observeOnePrimary(undefined, deadlineIn(60_000), terminal)), ['node2']);
  t.match(terminal.complaints(), 'node2 is the primary, and Pacemaker does not count it as one yet');
});

t.test('a cluster without a primary is not waited for', async (t) => {
  pacemaker(t, mon(), mon('node2'));
  const terminal = fakeTerminal();
  t.same(promotedIn(await observeOnePrimary(undefined, deadlineIn(60_000), terminal)), []);
  t.equal(terminal.complaints(), '');
});

t.test('what does not pass is decided from', async (t) => {
  pacemaker(t, mon('node1', 'node2'), mon('node1', 'node2'));
  const observed = await observeOnePrimary(undefined, deadlineIn(60_000), fakeTerminal(), 500);
  t.same(observed.ok ? observed.situation.promoted : observed.sentence, ['node1', 'node2']);
});

t.test('Ctrl-C ends the wait', async (t) => {
  pacemaker(t, mon('node1', 'node2'), mon('node1', 'node2'));
  const terminal = fakeTerminal();
  const observed = observeOnePrimary(undefined, deadlineIn(60_000), {
    ...terminal,
    err: () => terminal.interrupt(),
  });
  t.match(await observed, { ok: false, code: 1, sentence: 'interrupted; nothing was changed' });
});
