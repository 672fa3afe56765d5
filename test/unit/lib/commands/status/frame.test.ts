import t from 'tap';
import { statusFrame } from '../../../../../lib/commands/status/frame.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  HEALTHY,
  lsn,
  PRIMARY,
  primaryReport,
  type SnapshotParts,
  STOPPED,
  SYNC,
  snapshot,
} from './builders.ts';

const CRM_MON = known('Cluster Summary:\n  * Stack: corosync\n\n');

const observed = (parts: SnapshotParts = {}) =>
  ({ ok: true, snapshot: snapshot(parts), crmMon: CRM_MON }) as const;

const streaming = (pid: number, applicationName: string, position: string) =>
  ({ pid, applicationName, state: 'streaming', flushLsn: lsn(position), replayLsn: lsn(position) }) as const;

const WELL: SnapshotParts['databases'] = {
  local: unknown('not asked for'),
  primary: primaryReport({
    flushed: '0/5001F98',
    timeline: 2,
    senders: [streaming(1, 'node2', '0/5001F98'), streaming(2, 'node3', '0/5001B98')],
  }),
};

t.test('a healthy cluster', async (t) => {
  const frame = statusFrame(observed({ databases: WELL, options: { 'stonith-enabled': 'false' } }), 'text');
  t.equal(frame.code, 0);
  t.equal(
    frame.text,
    `Cluster Summary:
  * Stack: corosync

pgsql_REPL_INFO:node1|1|00000000050001B0

PostgreSQL pgsql (msPostgresql), rep_mode sync:

  NODE   ROLE     STATUS    DATA STATUS      TLI  POSITION   BEHIND  BY TIME      SCORE  FAILURES
  node1  primary  PRI       LATEST             2  0/5001F98                        1000         0
  node2  standby  HS:sync   STREAMING|SYNC     2  0/5001F98     0 B      0 s        100         0
  node3  standby  HS:async  STREAMING|ASYNC    2  0/5001B98  1.0 kB        -  -INFINITY         0

Nothing is wrong.

Notes:
  - fencing is off (stonith-enabled=false): a node that hangs cannot be switched off by the others,
    and keeps its address until it notices by itself. Set up a fence device, and then switch fencing
    on.
      => pcs stonith list
`,
  );
});

t.test('the seed after the failover: the old primary has diverged', async (t) => {
  const frame = statusFrame(
    observed({
      nodes: { node1: STOPPED, node2: { ...PRIMARY, baseline: '00000000050008E0' }, node3: SYNC },
      replInfo: 'node2|2|00000000050008E0',
      mon: {
        failures: [
          {
            resource: 'pgsql',
            node: 'node1',
            task: 'start',
            exitCode: 1,
            exitStatus: 'error',
            exitReason: 'this node has WAL of timeline 2 beyond 0/50008E0: run cls_repair_by_pg_rewind here',
            when: '',
          },
        ],
        failCounts: [{ resource: 'pgsql', node: 'node1', failCount: 1_000_000, migrationThreshold: 3 }],
      },
    }),
    'text',
  );
  t.equal(frame.code, 2);
  t.equal(
    frame.text.slice(frame.text.indexOf('pgsql_REPL_INFO')),
    `pgsql_REPL_INFO:node2|2|00000000050008E0

PostgreSQL pgsql (msPostgresql), rep_mode sync:

  NODE   ROLE     STATUS   DATA STATUS     TLI  POSITION  BEHIND  BY TIME      SCORE  FAILURES
  node1  stopped  STOP     DISCONNECT        -  -              -        -  -INFINITY  INFINITY
  node2  primary  PRI      LATEST            -  -                               1000         0
  node3  standby  HS:sync  STREAMING|SYNC    -  -              -        -        100         0

What is wrong:
  * node1 has diverged: it holds writes that the primary does not have (this node has WAL of
    timeline 2 beyond 0/50008E0: run cls_repair_by_pg_rewind here).
      => on node1: cls_repair_by_pg_rewind

Notes:
  - position and lag are not known: not asked for.
`,
  );
});

t.test('no REPL_INFO leaves the line, and a crm_mon that fails says so', async (t) => {
  const { text } = statusFrame(
    { ...observed({ replInfo: undefined }), crmMon: unknown('crm_mon: not found') },
    'text',
  );
  t.match(text, /^crm_mon: crm_mon: not found\n\npgsql_REPL_INFO:\n/);
});

t.test('JSON: the shape that scripts rely on', async (t) => {
  const frame = statusFrame(observed({ databases: WELL }), 'json');
  const json = JSON.parse(frame.text);
  t.same(Object.keys(json), [
    'cluster',
    'resource',
    'replInfo',
    'nodes',
    'arbiter',
    'deviceVotes',
    'balancers',
    'problems',
  ]);
  t.same(json.cluster, { name: 'lab', dc: 'node1', quorum: true });
  t.same(json.replInfo, { node: 'node1', timeline: 1, xlog: '00000000050001B0' });
  t.equal(json.resource, 'pgsql');
  t.same(json.nodes[2], {
    name: 'node3',
    online: true,
    role: 'standby',
    status: 'HS:async',
    dataStatus: 'STREAMING|ASYNC',
    score: '-INFINITY',
    timeline: 2,
    lsn: '0/5001B98',
    lagBytes: 1024,
    lagSeconds: null,
    failCount: 0,
    baseline: null,
  });
  t.same(json.problems, []);
  t.equal(
    statusFrame(observed({ databases: WELL }), 'json-line')
      .text.trim()
      .split('\n').length,
    1,
  );
});

t.test('JSON of a cluster with nothing in it', async (t) => {
  const json = JSON.parse(
    statusFrame(observed({ nodes: { node1: STOPPED }, replInfo: undefined, dc: false }), 'json').text,
  );
  t.equal(json.replInfo, null);
  t.equal(json.cluster.dc, null);
  t.equal(json.problems[0].id, 'no-dc');
});

t.test('no cluster information', async (t) => {
  const sentence = 'no cluster information: Pacemaker does not run on this node';
  const frame = statusFrame({ ok: false, code: 101, sentence, crmMon: unknown('x') }, 'text');
  t.match(frame, { text: '', complaint: sentence, code: 101 });
  t.same(frame.fitted({ columns: 80, rows: 24 }), [sentence]);
});

t.test('on a small screen the database comes first', async (t) => {
  const frame = statusFrame(observed({ nodes: HEALTHY, databases: WELL }), 'text');
  t.match(frame.fitted({ columns: 100, rows: 50 })[0], 'Cluster Summary:');
  t.match(frame.fitted({ columns: 100, rows: 8 })[0], 'PostgreSQL pgsql');
});
