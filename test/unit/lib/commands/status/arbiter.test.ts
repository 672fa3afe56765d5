import t from 'tap';
import type { ArbiterSnapshot } from '../../../../../lib/commands/arbiter/observe-arbiter.ts';
import { statusFrame } from '../../../../../lib/commands/status/frame.ts';
import { statusReport } from '../../../../../lib/commands/status/report.ts';
import { arbiterRules } from '../../../../../lib/commands/status/rules/arbiter-rules.ts';
import type { StatusSnapshot } from '../../../../../lib/commands/status/situation.ts';
import { unknown } from '../../../../../lib/system/fact.ts';
import { arbiter, lockState, SILENT, WITH_LOCK } from '../arbiter/builders.ts';
import { type NodeParts, OFFLINE, PRIMARY, STOPPED, SYNC, snapshot } from './builders.ts';

const REACHED = { 'pgsql-arbiter': 'reached' };
/** Ten minutes before the look, by the clock of the node. */
const SAYS_SILENT = { 'pgsql-arbiter': 'silent|node1|1|00000000050001B0|2026-11-22T01:00:00Z' };

const pair = (first: NodeParts = {}, second: NodeParts = {}) => ({
  node1: { ...PRIMARY, transient: REACHED, ...first },
  node2: { ...SYNC, transient: REACHED, ...second },
});

const seen = (
  asked: ArbiterSnapshot,
  nodes: Readonly<Record<string, NodeParts>> = pair(),
  self = 'node1',
): StatusSnapshot => snapshot({ nodes, parameters: WITH_LOCK, arbiter: asked, self });

const refused = (sentence: string): ArbiterSnapshot => ({
  ...SILENT,
  answer: { ok: false, failure: { kind: 'refused', sentence } },
});

const EMPTY: ArbiterSnapshot = {
  ...SILENT,
  answer: {
    ok: false,
    failure: {
      kind: 'not-initialised',
      sentence: 'the arbiter node9:5439: no table: make it with "distlock CONNINFO init distlock:pgsql_cls1"',
    },
  },
};

const silent = { transient: SAYS_SILENT };
const ownerGone = arbiter({
  state: lockState('node1', { ageMs: 3_600_000 }),
  alone: lockState('node1', { ageMs: 3_600_000 }),
});

const CASES: readonly (readonly [string, ReturnType<typeof snapshot>, string | undefined, RegExp])[] = [
  ['all is well', seen(arbiter()), undefined, /^$/],
  [
    'the arbiter is down',
    seen(SILENT, pair(silent, silent)),
    'arbiter-down',
    /^the arbiter node9:5439 has been silent to node1 and node2 for 10 min: node1 goes on only as long as .*writes stop and nobody takes over \(.*no answer in time\)/,
  ],
  [
    'it is down, and there is no primary',
    seen(SILENT, { node1: OFFLINE, node2: { ...SYNC, transient: SAYS_SILENT } }),
    'arbiter-down',
    /silent to node2 for 10 min: without the lock nobody is promoted/,
  ],
  [
    'the standby alone does not reach it',
    seen(arbiter(), pair({}, silent)),
    'arbiter-not-reached',
    /^node2 has not reached the arbiter node9:5439 for 10 min, and node1 does: it takes over nothing/,
  ],
  [
    'the primary alone does not reach it',
    seen(arbiter(), pair(silent), 'node2'),
    'arbiter-not-reached',
    /^node1 .* and node2 does: its guard ends PostgreSQL/,
  ],
  [
    'only this look had no answer',
    seen(SILENT),
    'arbiter-not-reached',
    /^node1 does not reach the arbiter now/,
  ],
  [
    'it refuses',
    seen(refused('the arbiter node9:5439: password authentication failed')),
    'arbiter-refuses',
    /password authentication failed/,
  ],
  [
    'it refuses both nodes',
    seen(refused('the arbiter node9:5439: password authentication failed'), pair(silent, silent)),
    'arbiter-refuses',
    /goes on only by its standby's word/,
  ],
  ['it has come back a moment ago', seen(arbiter(), pair(silent, silent)), undefined, /^$/],
  ['it has just answered this node again', seen(arbiter(), pair(silent)), undefined, /^$/],
  [
    'the primary does not reach it, and this node does, which runs nothing',
    seen(arbiter(), pair(silent, { ...STOPPED, transient: {} }), 'node2'),
    'arbiter-not-reached',
    /^node1 .* and node2 does: its guard ends PostgreSQL/,
  ],
  [
    'it was made anew while the primary runs',
    seen(EMPTY),
    'arbiter-refuses',
    /make it with "distlock CONNINFO init distlock:pgsql_cls1"$/,
  ],
  [
    'it was made anew, and the last primary is off',
    seen(EMPTY, { node1: OFFLINE, node2: { ...SYNC, transient: REACHED } }),
    'arbiter-refuses',
    /init distlock:pgsql_cls1"; but first bring node1 back, the last primary: .* would be lost$/,
  ],
  [
    'it was made anew, and the last primary is here, as a standby',
    seen(EMPTY, pair({ ...SYNC, transient: REACHED }), 'node2'),
    'arbiter-refuses',
    /make it with "distlock CONNINFO init distlock:pgsql_cls1"$/,
  ],
  [
    'no row #alone, and the last primary is off',
    seen(arbiter({ state: lockState(''), alone: undefined }), {
      node1: OFFLINE,
      node2: { ...SYNC, transient: REACHED },
    }),
    'lock-row-missing',
    /init distlock:pgsql_cls1"; but first bring node1 back/,
  ],
  [
    'a lock of another cluster',
    seen(arbiter({ state: lockState('db7') })),
    'lock-of-another',
    /^db7 has the lock distlock:pgsql_cls1, and is no node of this cluster: .*\(distlock_lockname\), but only while the primary runs, its standby streams/,
  ],
  [
    'another cluster has the row #alone',
    seen(arbiter({ alone: lockState('db7') })),
    'alone-and-gone',
    /^db7 has the row distlock:pgsql_cls1#alone, and is no node of this cluster.*distlock CONNINFO unlock distlock:pgsql_cls1#alone db7$/,
  ],
  [
    'the standby has the lock',
    seen(arbiter({ state: lockState('node2') })),
    'lock-of-another',
    /node1 is the primary, and node2 has the lock/,
  ],
  [
    'the tables of the original',
    seen(arbiter({ alone: undefined })),
    'lock-row-missing',
    /no row distlock:pgsql_cls1#alone.*distlock CONNINFO init distlock:pgsql_cls1/,
  ],
  [
    'the primary is looked at more seldom than the lease allows',
    snapshot({
      nodes: pair(),
      parameters: WITH_LOCK,
      arbiter: arbiter(),
      operations: [{ name: 'monitor', intervalMs: 30_000, role: 'Promoted' }],
    }),
    'lease-too-short',
    /^distlock_lease_seconds is 9 s: give at least twice the interval of the primary's monitor, 60 s/,
  ],
  [
    'a primary that was alone is gone',
    seen(ownerGone, { node1: OFFLINE, node2: { ...SYNC, transient: REACHED } }),
    'alone-and-gone',
    /^node1 went on without a standby 60 min ago, .*Bring node1 back\. .*cls_reset_master node2/,
  ],
  [
    'a primary that was alone was taken out of the cluster',
    snapshot({
      nodes: { node2: { ...SYNC, transient: REACHED } },
      parameters: WITH_LOCK,
      arbiter: ownerGone,
    }),
    'alone-and-gone',
    /^node1 went on without a standby .*cls_reset_master node2/,
  ],
  ['a primary that is alone', seen(arbiter({ alone: lockState('node1') })), undefined, /^$/],
];

const ids = arbiterRules.map(({ id }) => id);

const frameOf = (shown: ReturnType<typeof snapshot>, format: 'text' | 'json') =>
  statusFrame({ ok: true, snapshot: shown, crmMon: unknown('not asked for') }, format).text;

for (const [title, shown, id, sentence] of CASES) {
  t.test(title, async (t) => {
    const report = statusReport(shown);
    const found = report.problems.filter((problem) => ids.includes(problem.id));
    t.same(
      found.map((problem) => problem.id),
      id === undefined ? [] : [id],
    );
    t.match(found[0]?.sentence ?? '', sentence);
    for (const format of ['text', 'json'] as const) t.notMatch(frameOf(shown, format), /geheim/);
  });
}

t.test('every rule has a case above', async (t) => {
  t.same(
    ids.filter((id) => !CASES.some(([, , found]) => found === id)),
    [],
  );
});

t.test('who has the lock, who reaches the arbiter, and the last changes', async (t) => {
  const history = [
    { owner: 'node1', at: '2026-11-22T01:09:50.000000Z', ageMs: 10_000 },
    { owner: '', at: '2026-11-22T01:09:00.000000Z', ageMs: 60_000 },
  ];
  const shown = seen(arbiter({ history, alone: lockState('node1') }), pair({}, silent));
  t.match(
    frameOf(shown, 'text'),
    `Lock distlock:pgsql_cls1 on the arbiter node9:5439:

  node1 has it: renewed 2.1 s ago, 6.9 s left of 9 s
  reached by node1
  not reached by node2 for 10 min (since 2026-11-22 01:00:00 UTC)
  node1 went on without a standby 2.1 s ago

  when                      ago  owner
  2026-11-22 01:09:50 UTC  10 s  node1
  2026-11-22 01:09:00 UTC  60 s  (released)
`,
  );
  t.match(JSON.parse(frameOf(shown, 'json')), {
    arbiter: {
      where: 'node9:5439',
      failure: null,
      state: { owner: 'node1', remainingSeconds: 6.9 },
      alone: { node: 'node1' },
      nodes: [
        { node: 'node1', reached: true },
        { node: 'node2', reached: false, silentSeconds: 600 },
      ],
      history: [{ owner: 'node1' }, { owner: null }],
    },
  });
});

t.test('without enable_distlock nothing is said of it', async (t) => {
  t.notMatch(frameOf(snapshot(), 'text'), /arbiter/);
  t.match(JSON.parse(frameOf(snapshot(), 'json')), { arbiter: null });
});

t.test('nobody is said to be promoted within seconds whom the arbiter does not let', async (t) => {
  const noPrimary = (asked: ArbiterSnapshot, second: NodeParts, self = 'node2') =>
    statusReport(seen(asked, { node1: OFFLINE, node2: { ...SYNC, ...second } }, self)).problems.find(
      ({ id }) => id === 'no-primary',
    )?.sentence;
  const waits = /^no node is the primary: node2 may be promoted as soon as the arbiter gives the lock/;
  t.match(noPrimary(EMPTY, { transient: REACHED }), waits, 'it has refused this node just now');
  t.match(noPrimary(EMPTY, silent), waits);
  t.match(noPrimary(SILENT, silent, 'node1'), waits);
  t.match(noPrimary(arbiter(), { transient: REACHED }), /node2 \(score 100\) may be promoted within seconds/);
});
