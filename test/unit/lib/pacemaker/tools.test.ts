import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  rewriteTransient,
  writeConfiguration,
  writeTransient,
} from '../../../../lib/pacemaker/attributes.ts';
import { forgetFailures } from '../../../../lib/pacemaker/cleanup.ts';
import { queryMembers } from '../../../../lib/pacemaker/corosync-members.ts';
import { OUTDATED } from '../../../../lib/pacemaker/modify.ts';
import { localQuorum, queryCluster, queryPeer } from '../../../../lib/pacemaker/query.ts';
import { parseCib } from '../../../../lib/pacemaker/view.ts';
import { confirmAlone } from '../../../../lib/pgsql/confirm.ts';
import { deadlineIn } from '../../../../lib/system/clock.ts';
import { cib, nodeState } from './cib-builder.ts';

/** As much of a test as is needed to put files somewhere. */
interface Folders {
  readonly testdir: () => string;
  readonly teardown: (fn: () => void) => void;
}

/** Tiny real executables in place of Pacemaker's tools, first on the PATH. */
function tools(test: Folders, scripts: Readonly<Record<string, string>>): string {
  const folder = test.testdir();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  test.teardown(() => {
    process.env.PATH = before;
  });
  return folder;
}

const soon = () => deadlineIn(10_000);

t.test('the cluster is asked with one command', async (t) => {
  const folder = tools(t, {
    cibadmin: `echo "$@" >> "$(dirname "$0")/calls"; cat "$(dirname "$0")/cib.xml"`,
  });
  writeFileSync(
    join(folder, 'cib.xml'),
    cib({ status: nodeState('1', 'node1', 'in_ccm="true" crmd="online"') }),
  );
  const view = await queryCluster(soon());
  t.ok(view.known && view.value.nodes.get('node1')?.online);
  t.ok((await queryPeer('node2', soon())).known);
  t.equal(readFileSync(join(folder, 'calls'), 'utf8'), '--query --local\n--query --node=node2\n');
});

t.test('no cluster, no sense and no end are unknown, each with its reason', async (t) => {
  tools(t, { cibadmin: 'echo "Could not connect to the CIB" >&2; exit 102' });
  t.match(await queryCluster(soon()), { known: false, reason: /Could not connect/ });
  tools(t, { cibadmin: 'echo "<nonsense/>"' });
  t.match(await queryCluster(soon()), { known: false, reason: /expected a <cib>/ });
  tools(t, { cibadmin: 'sleep 60' });
  const start = performance.now();
  t.match(await queryPeer('node9', deadlineIn(200)), { known: false });
  t.ok(performance.now() - start < 3000);
});

t.test('quorum: without it crm_node prints 0 and exits with 106', async (t) => {
  tools(t, { crm_node: 'echo 1' });
  t.same(await localQuorum(soon()), { known: true, value: true });
  tools(t, { crm_node: 'echo 0; exit 106' });
  t.same(await localQuorum(soon()), { known: true, value: false });
  tools(t, { crm_node: 'echo 0; exit 1' });
  t.equal((await localQuorum(soon())).known, false);
  tools(t, { crm_node: 'echo maybe' });
  t.match(await localQuorum(soon()), { known: false, reason: /maybe/ });
});

t.test('transient attributes: one word for each option, all of them, and the failures named', async (t) => {
  const folder = tools(t, { attrd_updater: `printf '%s\\n' "$*" >> "$(dirname "$0")/calls"` });
  t.same(
    await writeTransient(
      [
        { node: 'node1', name: 'master-pgsql', value: '-INFINITY' },
        { node: 'Node.B', name: 'pgsql-status', value: undefined },
      ],
      soon(),
    ),
    { ok: true },
  );
  t.same(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').sort(), [
    '--name=master-pgsql --node=node1 --update=-INFINITY',
    '--name=pgsql-status --node=Node.B --delete',
  ]);
  tools(t, { attrd_updater: 'echo "no attrd" >&2; exit 102' });
  t.match(await writeTransient([{ node: 'node1', name: 'a', value: 'b' }], soon()), {
    ok: false,
    reason: /a of node1 not written: .*no attrd/,
  });
});

t.test('a change of nothing asks nobody; a node that is not there is refused', async (t) => {
  tools(t, { cibadmin: 'exit 1' });
  const parsed = parseCib(cib());
  if (!parsed.ok) throw new Error(parsed.reason);
  t.same(await writeConfiguration({ permanent: [], properties: [] }, parsed.view, soon()), { ok: true });
  t.match(
    await writeConfiguration(
      { permanent: [{ node: 'x', name: 'a', value: 'b' }], properties: [] },
      parsed.view,
      soon(),
    ),
    { ok: false, reason: /no node x/ },
  );
});

const withoutPacemaker = existsSync('/usr/sbin/cibadmin') ? false : 'Pacemaker is not installed';

t.test(
  'the real cibadmin and crm_attribute agree with us about ids',
  { skip: withoutPacemaker },
  async (t) => {
    const file = join(t.testdir(), 'cib.xml');
    const nodes = '<nodes><node id="1" uname="node1"/><node id="2" uname="Node.B"/></nodes>';
    writeFileSync(
      file,
      execFileSync('cibadmin', ['--empty'], { encoding: 'utf8' }).replace('<nodes/>', nodes),
    );
    process.env.CIB_file = file;
    t.teardown(() => {
      delete process.env.CIB_file;
    });
    const write = async (value: string, raise: boolean) => {
      const view = await queryCluster(soon());
      if (!view.known) throw new Error(view.reason);
      return writeConfiguration(
        {
          permanent: [
            { node: 'node1', name: 'pgsql-data-status', value },
            { node: 'Node.B', name: 'pgsql-data-status', value },
          ],
          properties: [{ set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: `${value}"<&>'` }],
          rank: raise ? 2 : 0,
        },
        view.value,
        soon(),
      );
    };
    t.same(await write('STREAMING|SYNC', false), { ok: true });
    const crmAttribute = (...args: readonly string[]) =>
      execFileSync('crm_attribute', [...args], { encoding: 'utf8' });
    crmAttribute(
      '--type=crm_config',
      '--set-name=pgsql_replication',
      '--name=pgsql_REPL_INFO',
      '--update=admin',
    );
    crmAttribute('--lifetime=forever', '--node=Node.B', '--name=pgsql-data-status', '--update=LATEST');
    t.equal(readFileSync(file, 'utf8').match(/name="pgsql_REPL_INFO"/g)?.length, 1, 'one property');
    t.equal(
      readFileSync(file, 'utf8').match(/name="pgsql-data-status"/g)?.length,
      2,
      'one attribute for each node',
    );
    t.same(await write('DISCONNECT', true), { ok: true });
    const after = await queryCluster(soon());
    if (!after.known) throw new Error(after.reason);
    t.equal(after.value.adminEpoch, 2);
    t.equal(after.value.properties.get('pgsql_REPL_INFO'), `DISCONNECT"<&>'`);
    t.equal(after.value.nodes.get('Node.B')?.permanent.get('pgsql-data-status'), 'DISCONNECT');

    const record = (seen: number, rank: number) =>
      writeConfiguration(
        {
          permanent: [{ node: 'node1', name: 'pgsql-data-status', value: 'STREAMING|SYNC' }],
          properties: [],
          rank,
        },
        { ...after.value, adminEpoch: seen },
        soon(),
      );
    for (const rank of [0, 5])
      for (const seen of [1, 3]) t.same(await record(seen, rank), OUTDATED, 'decided from another record');
    t.match(readFileSync(file, 'utf8'), /admin_epoch="2"/, 'and nothing is changed');
    t.notMatch(readFileSync(file, 'utf8'), /STREAMING/);
    t.same(await record(2, 0), { ok: true });
  },
);

t.test('a record that the cluster does not take is told from one that could not be made', async (t) => {
  const parsed = parseCib(cib());
  if (!parsed.ok) throw new Error(parsed.reason);
  const record = (rank?: number) =>
    writeConfiguration(
      {
        permanent: [{ node: 'node1', name: 'a', value: 'b' }],
        properties: [],
        ...(rank === undefined ? {} : { rank }),
      },
      parsed.view,
      soon(),
    );
  const folder = tools(t, { cibadmin: `echo "$1 $2 $3" >> "$(dirname "$0")/calls"; exit 105` });
  t.same(await record(0), OUTDATED);
  t.match(await record(), { ok: false, reason: /exit code 105/, isOutdated: undefined }, 'no record');
  t.match(
    readFileSync(join(folder, 'calls'), 'utf8'),
    "--modify --allow-create --xpath=/cib[@admin_epoch='0']\n",
  );
  tools(t, { cibadmin: 'exit 103' });
  t.same(await record(1), OUTDATED, 'as Pacemaker 3.0.1 has it');
  tools(t, { cibadmin: 'echo "Could not connect" >&2; exit 102' });
  t.match(await record(1), { ok: false, reason: /Could not connect/, isOutdated: undefined });
});

t.test('attributes are written into the CIB anew', async (t) => {
  const folder = tools(t, { attrd_updater: `echo "$@" >> "$(dirname "$0")/calls"` });
  t.same(await rewriteTransient(soon()), { ok: true });
  t.equal(readFileSync(join(folder, 'calls'), 'utf8'), '--refresh\n');
  tools(t, { attrd_updater: 'echo "Could not connect" >&2; exit 102' });
  t.match(await rewriteTransient(soon()), { ok: false, reason: /Could not connect/ });
});

t.test('a cleanup that is interrupted while the cluster comes to rest forgets nothing', async (t) => {
  const folder = tools(t, {
    crm_resource: `echo "$1" >>"$(dirname "$0")/calls"; case $1 in --wait) exec sleep 60;; esac`,
  });
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 200);
  t.match(await forgetFailures('pgsql', 'node2', soon(), abort.signal), { ok: false, reason: /interrupted/ });
  t.notMatch(readFileSync(join(folder, 'calls'), 'utf8'), '--cleanup');
});

/** As corosync-cmapctl 3.1 prints it: node 2 has left, and has been there twice. */
const cmap = (device: string) => `cat <<'end'
${device}nodelist.node.0.nodeid (u32) = 1
runtime.members.1.config_version (u64) = 0
runtime.members.1.ip (str) = r(0) ip(10.9.9.1)
runtime.members.1.join_count (u32) = 1
runtime.members.1.status (str) = joined
runtime.members.2.join_count (u32) = 2
runtime.members.2.status (str) = left
end`;
const NET = 'quorum.device.model (str) = net\nquorum.device.timeout (u32) = 5000\n';

t.test('what Corosync has of its members and of a quorum device', async (t) => {
  tools(t, { 'corosync-cmapctl': cmap(NET) });
  t.same(await queryMembers(soon()), {
    known: true,
    value: { joined: 1, joins: '1:1 2:2', device: 'net', deviceTimeoutMs: 5000 },
  });
  tools(t, { 'corosync-cmapctl': cmap('') });
  t.match(await queryMembers(soon()), { value: { device: undefined, deviceTimeoutMs: 10_000 } });
  tools(t, {
    'corosync-cmapctl': 'echo "Failed to initialize the cmap API. Error CS_ERR_LIBRARY" >&2; exit 1',
  });
  t.match(await queryMembers(soon()), { known: false, reason: /Failed to initialize/ });
  tools(t, { 'corosync-cmapctl': 'true' });
  t.match(await queryMembers(soon()), { known: false, reason: /no members/ });
  tools(t, { 'corosync-cmapctl': 'sleep 60' });
  t.match(await queryMembers(deadlineIn(200)), { known: false });
});

t.test(
  'one of two nodes confirms alone only with quorum by a device, and without the other one',
  async (t) => {
    const alone = () => confirmAlone('no majority', soon());
    const both = cmap(NET).replace('= left', '= joined');
    const cases = [
      ['echo 1', cmap(NET), { ok: true }],
      [
        'echo 0; exit 106',
        cmap(NET),
        { ok: false, reason: /^no majority; .*quorum: no, members: 1, device: net/ },
      ],
      ['echo 1', cmap(''), { ok: false, reason: /device: none/ }],
      ['echo 1', both, { ok: false, reason: /members: 2/ }],
      ['echo maybe', cmap(NET), { ok: false, reason: /crm_node/ }],
      ['echo 1', 'exit 1', { ok: false, reason: /corosync-cmapctl/ }],
    ] as const;
    for (const [node, corosync, outcome] of cases) {
      tools(t, { crm_node: node, 'corosync-cmapctl': corosync });
      t.match(await alone(), outcome, `${node}, ${corosync.slice(0, 40)}`);
    }
  },
);
