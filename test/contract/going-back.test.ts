/** docs/setup.md, "Going back": resources and constraints are those of the backup again, what the agents have recorded stays. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { unlessThere } from './executables.ts';

const work = mkdtempSync(join(tmpdir(), 'pha-going-back-'));
t.teardown(() => rmSync(work, { recursive: true }));

const BLOCK = /^ {4}BACKUP=\S+\n((?: {4}.*\n)+)/m;

const cib = (resource: string, parameter: string, primary: string, status: string) =>
  `<cib crm_feature_set="3.0.14" validate-with="pacemaker-3.0" epoch="7" num_updates="3" admin_epoch="2"><configuration><crm_config>
<cluster_property_set id="pgsql_replication"><nvpair id="r" name="pgsql_REPL_INFO" value="${primary}|1|0"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="node1"><instance_attributes id="nodes-1"><nvpair id="s" name="pgsql-data-status" value="${status}"/></instance_attributes></node></nodes>
<resources><primitive id="pgsql" class="ocf" provider="pacemaker" type="Dummy"><instance_attributes id="p"><nvpair id="p-fake" name="fake" value="${parameter}"/></instance_attributes></primitive>
<primitive id="${resource}" class="ocf" provider="pacemaker" type="Dummy"/></resources>
<constraints><rsc_location id="${resource}-here" rsc="${resource}" node="node1" score="1"/></constraints></configuration><status/></cib>`;

t.test('the commands of docs/setup.md', { skip: unlessThere('/usr/sbin/cibadmin') }, async (t) => {
  const commands = BLOCK.exec(readFileSync('docs/setup.md', 'utf8'))?.[1] ?? '';
  t.match(commands, /cibadmin --patch/);
  const [cluster, backup] = [join(work, 'cluster.xml'), join(work, 'backup.xml')];
  writeFileSync(backup, cib('old', 'before', 'node1', 'STREAMING|SYNC'));
  writeFileSync(cluster, cib('new', 'after', 'node2', 'DISCONNECT'));
  const env = { ...process.env, CIB_file: cluster, BACKUP: backup, TMPDIR: work };
  const done = spawnSync('sh', ['-c', commands.replace('less ', 'cat ')], { env, encoding: 'utf8' });
  t.equal(done.status, 0, done.stderr);
  const text = readFileSync(cluster, 'utf8');
  for (const there of [
    'id="old"',
    'id="old-here"',
    'value="before"',
    'value="node2|1|0"',
    'value="DISCONNECT"',
  ])
    t.ok(text.includes(there), there);
  for (const gone of ['id="new"', 'id="new-here"', 'value="after"', 'value="node1|1|0"', 'STREAMING'])
    t.notOk(text.includes(gone), gone);
  t.match(done.stdout, '<diff format="2">', 'what less shows');
});
