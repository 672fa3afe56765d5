import t from 'tap';
import { isHealer, type Named, namedHelp, parseProblems } from '../../../../bench/campaign/help.ts';
import type { FailedAction } from '../../../../lab/index.ts';

const problem = (more: Partial<Named>): Named => ({
  ...{ severity: 'error', sentence: 'it is wrong.', command: undefined, commandOn: undefined },
  ...more,
});

const failure = (node: string, exitReason: string): FailedAction => ({
  ...{ operation: 'pgsql_start_0', node, status: 'complete', exitStatus: 'error', exitReason },
});

t.test('what heals, and what only looks or waits', async (t) => {
  for (const command of [
    ...['cls_cleanup', 'cls_start', 'cls_repair_by_pg_rewind', 'cls_rebuild_slave'],
    ...['pcs cluster start node1', 'pcs resource cleanup pgsql node=node3', 'pcs resource cleanup pgsql'],
    ...['pcs resource clear msPostgresql node2', 'cls_unstandby_node node2'],
  ])
    t.ok(isHealer(command), command);
  for (const command of [
    ...['cls_status --watch', 'cls_reset_master NODE', 'cls_reset_master --dry-run', 'cls_doctor'],
    ...['df -h /var/lib/pgsql/data/pg_wal/', 'corosync-quorumtool -s', "psql -c 'TABLE pg_stat_replication'"],
    ...['pcs stonith confirm node1', 'pcs resource config pgsql', 'cls_cleanup; reboot'],
  ])
    t.notOk(isHealer(command), command);
});

t.test('the first that heals', async (t) => {
  const problems = [
    problem({ command: 'cls_status --watch' }),
    problem({ severity: 'note', command: 'cls_cleanup' }),
    problem({ command: 'cls_repair_by_pg_rewind', commandOn: 'node1', sentence: 'node1 has diverged.' }),
    problem({ severity: 'warning', command: 'cls_cleanup' }),
  ];
  t.strictSame(namedHelp(problems, [], 'node2'), {
    ...{ command: 'cls_repair_by_pg_rewind', node: 'node1', why: 'node1 has diverged.' },
  });
  t.match(namedHelp(problems.slice(3), [], 'node2'), { command: 'cls_cleanup', node: 'node2' });
});

t.test('else what a failed action says', async (t) => {
  const failures = [
    failure('node2', 'no room for WAL here'),
    failure('node3', 'diverged from node1: timeline 2 left at 0/5: run cls_repair_by_pg_rewind here'),
  ];
  t.match(namedHelp([problem({})], failures, 'node1'), { command: 'cls_repair_by_pg_rewind', node: 'node3' });
  t.equal(namedHelp([], [failure('node1', 'see cls_status')], 'node1'), undefined);
  t.equal(namedHelp([], [], 'node1'), undefined);
});

t.test('what cls_status prints', async (t) => {
  const raw = {
    id: 'diverged',
    severity: 'error',
    node: 'node1',
    sentence: 'It has.',
    command: 'cls_cleanup',
  };
  t.strictSame(
    parseProblems(JSON.stringify({ cluster: {}, problems: [raw, { severity: 'note', sentence: 'So.' }] })),
    [
      problem({ sentence: 'It has.', command: 'cls_cleanup' }),
      problem({ severity: 'note', sentence: 'So.' }),
    ],
  );
  for (const text of ['', '[]', '{}', '{"problems":1}', 'null']) t.throws(() => parseProblems(text), text);
});
