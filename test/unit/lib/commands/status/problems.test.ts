import t from 'tap';
import { statusReport } from '../../../../../lib/commands/status/report.ts';
import { arbiterRules } from '../../../../../lib/commands/status/rules/arbiter-rules.ts';
import { balancerRules } from '../../../../../lib/commands/status/rules/balancer-rules.ts';
import { deviceRules } from '../../../../../lib/commands/status/rules/device-rules.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  ASYNC,
  HEALTHY,
  lsn,
  OFFLINE,
  PRIMARY,
  primaryReport,
  primaryState,
  promoting,
  type SnapshotParts,
  STOPPED,
  SYNC,
  snapshot,
  standbyState,
} from './builders.ts';

const unasked = unknown('not asked for');
const WELL = { local: unasked, primary: primaryReport() };

const failure = (node: string, exitReason: string, task = 'start') => ({
  resource: 'pgsql',
  node,
  task,
  exitCode: 1,
  exitStatus: 'error',
  exitReason,
  when: 'Wed Jan 11 01:36:07 2017',
});

interface Case {
  readonly title: string;
  readonly parts: SnapshotParts;
  /** Ids of what is found, in the order in which it is shown. */
  readonly ids: readonly string[];
  readonly code: number;
  /** What the first of them must say, and the command that helps. */
  readonly sentence?: RegExp;
  readonly command?: string;
  readonly commandOn?: string;
}

const cases: readonly Case[] = [
  { title: 'the healthy cluster of the seed', parts: {}, ids: [], code: 0 },
  {
    title: 'no quorum',
    parts: { quorum: false, nodes: { node1: PRIMARY, node2: { ...OFFLINE }, node3: { ...OFFLINE } } },
    ids: ['no-quorum', 'node-offline', 'node-offline', 'no-sync-standby'],
    code: 102,
    sentence: /no quorum: node1 of 3 nodes.*no-quorum-policy=stop/,
  },
  { title: 'no DC', parts: { dc: false }, ids: ['no-dc'], code: 1, sentence: /no DC is elected/ },
  {
    title: 'two nodes with PRI',
    parts: { nodes: { node1: PRIMARY, node2: { ...SYNC, status: 'PRI' }, node3: ASYNC } },
    ids: ['several-primaries'],
    code: 102,
    sentence: /node1 and node2 count as primary: Pacemaker has promoted node1, and node1 and node2 says/,
    command: 'crm_resource --locate --resource pgsql',
  },
  {
    title: 'maintenance mode of the cluster',
    parts: { options: { 'maintenance-mode': 'true' } },
    ids: ['maintenance'],
    code: 0,
    command: 'cls_unmaintenance',
  },
  {
    title: 'a standby is offline',
    parts: { nodes: { ...HEALTHY, node3: OFFLINE } },
    ids: ['node-offline'],
    code: 2,
    sentence: /node3 is offline/,
    command: 'pcs cluster start node3',
  },
  {
    title: 'a node must be fenced',
    parts: {
      mon: {
        nodes: [
          { name: 'node3', online: false, standby: false, maintenance: false, pending: false, unclean: true },
        ],
      },
    },
    ids: ['node-unclean'],
    code: 1,
    command: 'pcs stonith confirm node3',
  },
  {
    title: 'a node in standby mode',
    parts: { nodes: { ...HEALTHY, node3: { ...STOPPED, permanent: { standby: 'on' } } } },
    ids: ['node-standby'],
    code: 2,
    command: 'cls_unstandby_node node3',
  },
  {
    title: 'a node in maintenance',
    parts: { nodes: { ...HEALTHY, node3: { ...ASYNC, permanent: { maintenance: 'true' } } } },
    ids: ['node-maintenance'],
    code: 0,
    command: 'cls_unmaintenance_node node3',
  },
  {
    title: 'a node without a database is offline',
    parts: {
      parameters: { node_list: 'node1 node2 node3' },
      nodes: { ...HEALTHY, lvs1: { role: 'stopped', online: false } },
    },
    ids: ['other-node'],
    code: 0,
    sentence: /^lvs1, which runs no database, is offline/,
    command: 'pcs cluster start lvs1',
  },
  {
    title: 'a node without a database is in standby mode',
    parts: {
      parameters: { node_list: 'node1 node2 node3' },
      nodes: { ...HEALTHY, lvs1: { role: 'stopped', permanent: { standby: 'on' } } },
    },
    ids: ['other-node'],
    code: 0,
    command: 'cls_unstandby_node lvs1',
  },
  {
    title: 'fencing is off',
    parts: { options: { 'stonith-enabled': 'false' } },
    ids: ['fencing-off'],
    code: 0,
    sentence: /stonith-enabled=false/,
  },
  {
    title: 'nothing runs, since it is switched off',
    parts: { nodes: { node1: STOPPED, node2: STOPPED }, meta: { 'target-role': 'Stopped' } },
    ids: ['no-primary', 'resource-disabled'],
    code: 10,
    sentence: /msPostgresql does not run anywhere/,
    command: 'cls_start',
  },
  {
    title: 'nothing runs, since there is no quorum: cls_start would not help',
    parts: { quorum: false, nodes: { node1: STOPPED, node2: OFFLINE, node3: OFFLINE } },
    ids: ['no-quorum', 'node-offline', 'node-offline', 'no-primary'],
    code: 102,
    command: 'corosync-quorumtool -s',
  },
  {
    title: 'a failover is under way',
    parts: { nodes: { node1: OFFLINE, node2: SYNC, node3: ASYNC } },
    ids: ['node-offline', 'no-primary'],
    code: 10,
  },
  {
    title: 'a node may be promoted',
    parts: { nodes: { node2: { ...SYNC, status: 'HS:alone' }, node3: ASYNC } },
    ids: ['no-primary'],
    code: 10,
    sentence: /no node is the primary; node2 \(score 100\) may be promoted within seconds/,
    command: 'cls_status --watch',
  },
  {
    title: 'a node is being promoted',
    parts: {
      nodes: { node2: SYNC },
      mon: {
        instances: [promoting('node2')],
      },
    },
    ids: ['no-primary'],
    code: 10,
    sentence: /node2 is being promoted/,
  },
  {
    title: 'standbys of which none may take over',
    parts: { nodes: { node1: ASYNC, node2: ASYNC } },
    ids: ['no-primary'],
    code: 10,
    sentence: /none may be promoted: msPostgresql runs on node1 and node2 as a standby only/,
    command: 'cls_reset_master NODE',
  },
  {
    title: 'the resource is unmanaged',
    parts: {
      mon: {
        instances: Object.entries({
          node1: 'promoted',
          node2: 'unpromoted',
          node3: 'unpromoted',
        } as const).map(([node, role]) => ({
          resource: 'pgsql',
          role,
          nodes: [node],
          managed: false,
          blocked: false,
          failed: false,
        })),
      },
    },
    ids: ['resource-unmanaged'],
    code: 0,
    command: 'pcs resource manage msPostgresql',
  },
  {
    title: 'the old primary has diverged (seed, after the failover)',
    parts: {
      nodes: { node1: STOPPED, node2: PRIMARY, node3: SYNC },
      replInfo: 'node2|2|00000000050008E0',
      mon: {
        failures: [
          failure(
            'node1',
            'this node has WAL of timeline 1 beyond 0/50008E0: run cls_repair_by_pg_rewind here',
          ),
        ],
        failCounts: [{ resource: 'pgsql', node: 'node1', failCount: 1_000_000, migrationThreshold: 3 }],
      },
    },
    ids: ['diverged'],
    code: 2,
    sentence: /node1 has diverged.*beyond 0\/50008E0/,
    command: 'cls_repair_by_pg_rewind',
    commandOn: 'node1',
  },
  {
    title: 'the same, in the words of ocf:heartbeat:pgsql',
    parts: {
      nodes: { ...HEALTHY, node3: STOPPED },
      mon: {
        failures: [failure('node3', "The master's timeline forked off current database system timeline 2")],
      },
    },
    ids: ['diverged'],
    code: 2,
    command: 'cls_repair_by_pg_rewind',
  },
  {
    title: 'a standby that must be rebuilt',
    parts: {
      nodes: { ...HEALTHY, node3: STOPPED },
      mon: { failures: [failure('node3', 'not a copy of node1’s database: run cls_rebuild_slave here')] },
    },
    ids: ['rebuild-needed'],
    code: 2,
    command: 'cls_rebuild_slave',
    commandOn: 'node3',
  },
  {
    title: 'a stop that failed, without fencing',
    parts: {
      nodes: { ...HEALTHY, node3: STOPPED },
      mon: {
        instances: [
          {
            resource: 'pgsql',
            role: 'promoted',
            nodes: ['node1'],
            managed: true,
            blocked: false,
            failed: false,
          },
          {
            resource: 'pgsql',
            role: 'unpromoted',
            nodes: ['node2'],
            managed: true,
            blocked: false,
            failed: false,
          },
          {
            resource: 'pgsql',
            role: 'unpromoted',
            nodes: ['node3'],
            managed: true,
            blocked: true,
            failed: true,
          },
        ],
      },
    },
    ids: ['resource-blocked', 'standby-disconnected'],
    code: 2,
    sentence: /pgsql is blocked on node3/,
    command: 'pcs resource cleanup pgsql',
  },
  {
    title: 'the WAL that a slot needed is gone',
    parts: {
      databases: {
        local: unasked,
        primary: primaryReport({
          slots: [
            { name: 'pha_node2', type: 'physical', temporary: false, active: false, walStatus: 'lost' },
          ],
        }),
      },
    },
    ids: ['slot-lost'],
    code: 0,
    sentence: /slot pha_node2 needed/,
  },
  {
    title: 'a node that failed too often',
    parts: {
      nodes: { ...HEALTHY, node3: STOPPED },
      mon: {
        failures: [failure('node3', 'no space left')],
        failCounts: [{ resource: 'pgsql', node: 'node3', failCount: 3, migrationThreshold: 3 }],
      },
    },
    ids: ['fail-count', 'failed-action'],
    code: 2,
    sentence: /node3 may not run pgsql any more: its fail-count is 3, and migration-threshold 3/,
    command: 'pcs resource cleanup pgsql node=node3',
  },
  {
    title: 'a failure that is over',
    parts: { mon: { failures: [failure('node3', '', 'monitor')] } },
    ids: ['failed-action'],
    code: 0,
    sentence: /monitor of pgsql failed on node3 \(error, 1\) at Wed Jan 11/,
    command: 'cls_cleanup',
  },
  {
    title: 'the end of PostgreSQL, reported by its watcher',
    parts: { mon: { failures: [failure('node3', 'Simulated failure', 'asyncmon')] }, walRoom: 0 },
    ids: ['failed-action'],
    code: 0,
    sentence: /pgsql was reported as failed on node3 at Wed Jan 11.* when PostgreSQL ends; its log says why/,
    command: 'cls_cleanup',
  },
  {
    title: 'the same on this node, where there is no room for its WAL',
    parts: {
      self: 'node3',
      mon: { failures: [failure('node3', 'Simulated failure', 'asyncmon')] },
      walRoom: 1024 ** 2,
    },
    ids: ['failed-action'],
    code: 0,
    sentence: /pgsql was reported as failed on node3/,
    command: 'df -h /var/lib/pgsql/data/pg_wal/',
    commandOn: 'node3',
  },
  {
    title: 'a server that ended for want of room',
    parts: {
      mon: {
        failures: [failure('node3', 'no room for WAL here (0 MB free): PostgreSQL does not run', 'monitor')],
      },
    },
    ids: ['failed-action'],
    code: 0,
    sentence: /: no room for WAL here/,
    command: 'df -h /var/lib/pgsql/data/pg_wal/',
  },
  {
    title: 'a diverged node that was repaired: only the old failure is left',
    parts: { mon: { failures: [failure('node3', 'run cls_repair_by_pg_rewind here')] } },
    ids: ['failed-action'],
    code: 0,
  },
  {
    title: 'a ban was left behind',
    parts: {
      mon: {
        bans: [
          {
            id: 'cli-ban-msPostgresql-on-node2',
            resource: 'msPostgresql',
            node: 'node2',
            promotedOnly: true,
          },
          { id: 'by-design', resource: 'msPostgresql', node: 'node3', promotedOnly: false },
        ],
      },
    },
    ids: ['banned'],
    code: 0,
    sentence: /msPostgresql may not be primary on node2/,
    command: 'pcs resource clear msPostgresql node2',
  },
  {
    title: 'a standby that is banned does not run',
    parts: {
      nodes: { ...HEALTHY, node3: STOPPED },
      mon: { bans: [{ id: 'cli-ban-x', resource: 'msPostgresql', node: 'node3', promotedOnly: false }] },
    },
    ids: ['banned'],
    code: 2,
  },
  {
    title: 'REPL_INFO is missing',
    parts: { replInfo: undefined },
    ids: ['repl-info-missing'],
    code: 0,
    sentence: /is missing/,
  },
  {
    title: 'REPL_INFO is malformed',
    parts: { replInfo: 'x' },
    ids: ['repl-info-missing'],
    code: 0,
    sentence: /is malformed/,
  },
  {
    title: 'the used timelines are malformed, and there is a primary',
    parts: { options: { pgsql_USED_TIMELINE: 'x' } },
    ids: ['record-unreadable'],
    code: 0,
    sentence: /^pgsql_USED_TIMELINE is "x".*The primary's monitor puts it right/,
  },
  {
    title: 'the used timelines are malformed, and nobody is promoted for that',
    parts: {
      nodes: { node1: OFFLINE, node2: SYNC, node3: ASYNC },
      options: { pgsql_USED_TIMELINE: 'x' },
    },
    ids: ['node-offline', 'no-primary', 'record-unreadable'],
    code: 10,
  },
  {
    title: 'REPL_INFO names another node',
    parts: { replInfo: 'node3|1|00000000050001B0' },
    ids: ['repl-info-other-node'],
    code: 0,
    sentence: /names node3, but node1 is the primary/,
  },
  {
    title: 'a standby does not run, and nothing says why',
    parts: { nodes: { ...HEALTHY, node3: STOPPED } },
    ids: ['standby-stopped'],
    code: 2,
    command: 'cls_cleanup',
  },
  {
    title: 'a standby receives nothing',
    parts: { nodes: { ...HEALTHY, node3: { ...ASYNC, status: 'HS:alone', dataStatus: 'DISCONNECT' } } },
    ids: ['standby-disconnected'],
    code: 2,
    sentence: /node3 runs, but receives nothing from the primary \(DISCONNECT, HS:alone\)/,
  },
  {
    title: 'a standby catches up',
    parts: {
      nodes: { ...HEALTHY, node3: { ...ASYNC, dataStatus: 'CATCHUP|ASYNC' } },
      databases: {
        local: unasked,
        primary: primaryReport({
          senders: [{ pid: 1, applicationName: 'node3', state: 'catchup', flushLsn: lsn('0/5000000') }],
        }),
      },
    },
    ids: ['standby-catching-up'],
    code: 2,
    sentence: /node3 catches up \(CATCHUP\|ASYNC, 4\.0 kB behind\)/,
  },
  {
    title: 'sync mode without a synchronous standby',
    parts: { nodes: { node1: PRIMARY, node2: ASYNC, node3: ASYNC } },
    ids: ['no-sync-standby'],
    code: 2,
    sentence: /if node1 fails now, no node may take over/,
  },
  {
    title: 'a primary that refuses its agent',
    parts: {
      nodes: {
        ...HEALTHY,
        node1: { ...PRIMARY, transient: { 'pgsql-refuses-agent': '28000 pg_hba.conf rejects connection' } },
      },
    },
    ids: ['agent-refused'],
    code: 1,
    sentence:
      /^PostgreSQL on node1 refuses the agent \(28000 pg_hba\.conf rejects connection\): it goes on as the primary, nobody may take over, and commits may be waiting for a standby that is lost\. Put/,
    command: 'cls_doctor',
  },
  {
    title: 'a standby that refuses its agent',
    parts: {
      nodes: { ...HEALTHY, node2: { ...SYNC, transient: { 'pgsql-refuses-agent': 'no pg_hba.conf entry' } } },
    },
    ids: ['agent-refused'],
    code: 1,
    sentence: /node2 .* may not take over\. Put pg_hba\.conf/,
  },
  {
    title: 'async mode needs none',
    parts: { nodes: { node1: PRIMARY, node2: ASYNC, node3: ASYNC }, parameters: { rep_mode: 'async' } },
    ids: [],
    code: 0,
  },
  {
    title: 'a WAL receiver that is missing',
    parts: { nodes: { ...HEALTHY, node3: { ...ASYNC, transient: { 'pgsql-receiver-status': 'ERROR' } } } },
    ids: ['receiver-error'],
    code: 0,
    commandOn: 'node3',
  },
  {
    title: 'a copy of a standby streams under its name',
    parts: {
      nodes: HEALTHY,
      databases: {
        local: unknown('not asked'),
        primary: primaryReport({
          senders: ['10.0.0.3', '10.0.0.9'].map((clientAddr, i) => ({
            pid: 700 + i,
            applicationName: 'node3',
            state: 'streaming',
            clientAddr,
          })),
        }),
      },
    },
    ids: ['name-twice'],
    code: 0,
  },
  {
    title: 'a standby that is marked as a primary',
    parts: { nodes: { ...HEALTHY, node3: { ...ASYNC, dataStatus: 'LATEST' } } },
    ids: ['standby-unmarked'],
    code: 2,
  },
  {
    title: 'PostgreSQL is primary where Pacemaker has not promoted it',
    parts: {
      self: 'node3',
      databases: { local: known(primaryState()), primary: primaryReport() },
    },
    ids: ['primary-not-promoted'],
    code: 102,
    sentence: /PostgreSQL on node3 accepts writes/,
  },
  {
    title: 'the primary is here, and says nothing',
    parts: { databases: { local: unknown('x'), primary: unknown('x'), silence: 'no connection in time' } },
    ids: ['primary-silent'],
    code: 1,
    sentence: /the primary, on this node, does not answer: no connection in time/,
    commandOn: 'node1',
  },
  {
    title: 'a standby that is here, and says nothing, is a matter of its monitor',
    parts: { self: 'node2', databases: { ...WELL, silence: 'no connection in time' } },
    ids: [],
    code: 0,
  },
  {
    title: 'commits hang',
    parts: {
      databases: {
        local: unasked,
        primary: primaryReport({ activity: { waitingCommits: 3, longestWaitSeconds: 12 } }),
      },
    },
    ids: ['commits-waiting'],
    code: 2,
    sentence: /3 commits wait for a synchronous standby, the longest for 12 s/,
  },
  {
    title: 'slots of nodes that are gone hold WAL, others do not matter',
    parts: {
      nodes: { ...HEALTHY, node3: OFFLINE },
      parameters: { replication_slot_name: 'pha' },
      databases: {
        local: unasked,
        primary: primaryReport({
          slots: [
            { name: 'pha_node2', type: 'physical', temporary: false, active: false, retainedBytes: 5n },
            {
              name: 'pha_node3',
              type: 'physical',
              temporary: false,
              active: false,
              retainedBytes: 5n << 30n,
            },
            { name: 'pha_node9', type: 'physical', temporary: false, active: false, retainedBytes: 1024n },
            { name: 'logical', type: 'logical', temporary: false, active: false, retainedBytes: 1024n },
          ],
        }),
      },
    },
    ids: ['node-offline', 'slot-of-absent-node', 'slot-of-absent-node'],
    code: 2,
  },
  {
    title: 'the primary was not to be asked',
    parts: {
      databases: { local: unasked, primary: unknown('the primary at 10.0.0.100: no connection in time') },
    },
    ids: ['position-unknown'],
    code: 0,
    sentence: /not known: the primary at 10\.0\.0\.100: no connection in time/,
  },
  {
    title: 'a parameter that cannot be used',
    parts: { parameters: { pgport: 'many' } },
    ids: ['parameters'],
    code: 1,
    sentence: /definition of pgsql is wrong: pgport is "many"/,
  },
  {
    title: 'a standby of a primary elsewhere',
    parts: {
      nodes: { node1: { role: 'unpromoted' } },
      parameters: { rep_mode: 'slave' },
      replInfo: undefined,
    },
    ids: [],
    code: 0,
  },
  {
    title: 'a server that is only started and stopped',
    parts: {
      nodes: { node1: { role: 'started' } },
      parameters: { rep_mode: 'none' },
      promotable: false,
      replInfo: undefined,
    },
    ids: [],
    code: 0,
  },
  {
    title: 'the same, stopped',
    parts: {
      nodes: { node1: { role: 'stopped' } },
      parameters: { rep_mode: 'none' },
      promotable: false,
      replInfo: undefined,
    },
    ids: ['no-primary'],
    code: 10,
  },
];

for (const { title, parts, ids, code, sentence, command, commandOn } of cases) {
  t.test(title, async (t) => {
    const report = statusReport(snapshot({ databases: WELL, ...parts }));
    const [first] = report.problems;
    t.same(
      report.problems.map(({ id }) => id),
      ids,
    );
    t.equal(report.code, code);
    if (sentence !== undefined) t.match(first?.sentence, sentence);
    if (command !== undefined) t.equal(first?.command, command);
    if (commandOn !== undefined) t.equal(first?.commandOn, commandOn);
  });
}

t.test('every rule has an id of its own, and a case above', async (t) => {
  const { PROBLEM_RULES } = await import('../../../../../lib/commands/status/problems.ts');
  const ids = PROBLEM_RULES.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  // Those of reads are in balancer.test.ts, of the lock in arbiter.test.ts, of the quorum device in device.test.ts.
  const seen = new Set([
    ...cases.flatMap((each) => each.ids),
    ...[...balancerRules, ...arbiterRules, ...deviceRules].map(({ id }) => id),
  ]);
  t.same(
    ids.filter((id) => !seen.has(id)),
    [],
  );
});

t.test('a standby here that cannot know the primary', async (t) => {
  const local = known(standbyState());
  const report = statusReport(snapshot({ self: 'node2', databases: { local, primary: primaryReport() } }));
  t.same(report.problems, []);
});
