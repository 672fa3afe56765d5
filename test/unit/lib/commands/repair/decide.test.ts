import t from 'tap';
import { decideRepair } from '../../../../../lib/commands/repair/decide.ts';
import type { RepairSnapshot } from '../../../../../lib/commands/repair/observe.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { aControlFile, aDisk, aPrimaryHistory, deepFreeze, lsn } from '../../pgsql/builders.ts';
import { aNodeData, aSource } from '../node-data/builders.ts';
import { ASYNC, HEALTHY, PRIMARY, type SnapshotParts, STOPPED, SYNC } from '../status/builders.ts';

const MB = 1024 ** 2;
const CONTROL = { checkpointTimeline: 1, checkpointLsn: lsn('0/4000FFF') } as const;

const repair = (parts: Partial<RepairSnapshot> = {}, cluster: SnapshotParts = {}) => {
  const beyondFork = { end: lsn('0/4002000'), transactions: 3 };
  return decideRepair(deepFreeze({ ...aNodeData(parts, cluster), beyondFork, walRoom: undefined, ...parts }));
};

const stepsOf = (verdict: ReturnType<typeof repair>): readonly string[] =>
  verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [];

const control = (parts: Parameters<typeof aControlFile>[0]) =>
  aNodeData({
    disk: aDisk({ control: known(aControlFile({ ...CONTROL, ...parts })), ownHistory: known([]) }),
  });

t.test('a crashed old primary: what will be lost, and what is done', async (t) => {
  const verdict = repair();
  t.same(stepsOf(verdict), ['release', 'recover', 'try', 'rewind', 'start', 'wait']);
  t.match(verdict, {
    plan: {
      purpose: 'The data of node1 will be rewound to the history of node2, and node1 will be its standby.',
      warnings: [
        'node1 is 8.0 kB past the fork: timeline 1 was left at 0/4000000, and node1 wrote up to 0/4002000; 3 transactions committed there will be lost',
      ],
    },
  });
});

t.test('where pg_waldump cannot tell, the control file does at least', async (t) => {
  t.match(repair({ beyondFork: undefined }), {
    plan: {
      warnings: [/^node1 is at least 4.0 kB past the fork.*how many transactions, pg_waldump cannot tell/],
    },
  });
});

t.test('one that was shut down cleanly is not recovered', async (t) => {
  for (const state of ['shut down', 'shut down in recovery'] as const)
    t.same(stepsOf(repair(control({ state }))), ['release', 'try', 'rewind', 'start', 'wait']);
});

t.test('a source that has made no checkpoint since its promotion makes one first', async (t) => {
  const source = known(aSource({ checkpointTimeline: 1 }));
  t.same(stepsOf(repair({ source })), ['release', 'recover', 'checkpoint', 'try', 'rewind', 'start', 'wait']);
  const forbidden = known(aSource({ checkpointTimeline: 1, mayCheckpoint: false }));
  t.match(repair({ source: forbidden }), { kind: 'refused', code: 10, sentence: /run CHECKPOINT there/ });
});

t.test('data that fit are only started', async (t) => {
  const disk = aDisk({
    control: known(aControlFile({ checkpointTimeline: 1, checkpointLsn: lsn('0/3000000') })),
    ownHistory: known([]),
    recordAtFork: known(false),
  });
  const verdict = repair({ disk });
  t.same(stepsOf(verdict), ['start', 'wait']);
  t.match(verdict, { plan: { purpose: /nothing has to be rewound/ } });
});

t.test('where Pacemaker may not start it, nobody waits for that', async (t) => {
  const verdict = repair(
    {},
    { nodes: { node1: { ...STOPPED, permanent: { standby: 'on' } }, node2: PRIMARY, node3: SYNC } },
  );
  t.equal(stepsOf(verdict).at(-1), 'start');
  t.match(verdict, {
    plan: { warnings: [/past the fork/, /node1 is in standby mode \(cls_unstandby_node node1\)/] },
  });
});

t.test('with just enough room for the log it is rewound', async (t) => {
  const walRoom = { path: '/pgsql/data/pg_wal', neededBytes: 96 * MB, freeBytes: 112 * MB };
  t.equal(repair({ walRoom }).kind, 'plan');
});

t.test('refusals', async (t) => {
  const running = (role: 'primary' | 'standby', receives: boolean) =>
    ({ server: { state: 'running', role, receives } }) as const;
  const cases: readonly (readonly [string, number, RegExp, Partial<RepairSnapshot>, SnapshotParts?])[] = [
    ['the primary', 10, /^node1 is the primary/, {}, { nodes: HEALTHY }],
    [
      'nobody is primary',
      10,
      /no node is the primary/,
      {},
      { nodes: { node1: STOPPED, node2: SYNC, node3: ASYNC } },
    ],
    ['no quorum', 102, /without quorum/, {}, { quorum: false }],
    [
      'two primaries',
      102,
      /node2 and node3 both count as primary/,
      {},
      { nodes: { node1: STOPPED, node2: PRIMARY, node3: PRIMARY } },
    ],
    ['rep_mode', 10, /rep_mode=slave/, {}, { parameters: { rep_mode: 'slave' } }],
    ['a primary out of control', 10, /runs as a primary although node2 is/, running('primary', false)],
    ['healthy', 10, /^node1 is healthy: it streams from node2/, running('standby', true)],
    ['runs', 10, /cls_rebuild_slave makes a new copy/, running('standby', false)],
    [
      'half rewound',
      10,
      /^the data are half rewound \(marked by \/m\).*cls_rebuild_slave/,
      { disk: aDisk({ incomplete: { kind: 'rewinding', path: '/m' } }) },
    ],
    [
      'a record that cannot be read',
      10,
      /^pgsql_USED_TIMELINE is "x", no timeline\. .*its next monitor puts it right/,
      {},
      { options: { pgsql_USED_TIMELINE: 'x' } },
    ],
    ['no data', 10, /holds no database; run cls_rebuild_slave/, { disk: aDisk({ directory: 'missing' }) }],
    [
      'another database',
      10,
      /no copy of the primary's.*cls_rebuild_slave/,
      { primaryHistory: known(aPrimaryHistory({ systemIdentifier: '8' })) },
    ],
    [
      'neither hints nor checksums',
      10,
      /wal_log_hints=on.*cls_rebuild_slave/,
      control({ dataChecksums: false, walLogHints: false }),
    ],
    ['an unfinished base backup', 10, /never became consistent/, control({ backupStart: lsn('0/3000000') })],
    [
      'a silent primary',
      1,
      /could not be asked for its history: no route/,
      { primaryHistory: unknown('no route') },
    ],
    [
      'another primary at the address',
      102,
      /not the primary that the cluster has recorded/,
      {},
      { replInfo: 'node2|1|0000000005000000' },
    ],
    ['no login', 1, /pg_hba/, { source: unknown('no pg_hba.conf entry') }],
    [
      'no rights',
      10,
      /GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir\(text\) TO "repl";/,
      { source: known(aSource({ forbidden: ['pg_catalog.pg_ls_dir(text)'] })) },
    ],
    [
      'a full disk',
      10,
      /\/pg_wal needs 112 MB, and 100 MB are free there: it would stop half-way.*Make room first, or run cls_rebuild_slave/,
      { walRoom: { path: '/pgsql/data/pg_wal', neededBytes: 96 * MB, freeBytes: 100 * MB } },
    ],
  ];
  for (const [name, code, sentence, parts, cluster] of cases)
    t.match(repair(parts, cluster), { kind: 'refused', code, sentence }, name);
});
