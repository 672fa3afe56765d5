import fc from 'fast-check';
import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { CorosyncMembers } from '../../../../../lib/pacemaker/corosync-members.ts';
import type { Apart } from '../../../../../lib/pgsql/apart-memory.ts';
import {
  ALONE_MS,
  LONGEST_PAUSE_MS,
  type QuorumLook,
  remember,
} from '../../../../../lib/pgsql/decide/apart.ts';
import type { Decision } from '../../../../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { decidePromote } from '../../../../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../../../../lib/pgsql/decide/start.ts';
import { EMPTY_MEMORY, parseMemory, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { type Fact, known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aConfig,
  aDisk,
  aLockView,
  aPrimary,
  aSnapshot,
  aStandby,
  codeOf,
  kindsOf,
  published,
  rulesOf,
  running,
  stepsOf,
  stopped,
} from '../builders.ts';

const JOINS = '1:1 2:1';
const TOGETHER = { hasQuorum: true, isOtherOnline: true, joined: 2, joins: JOINS };
const ALONE = { hasQuorum: true, isOtherOnline: false, joined: 1, joins: JOINS };
const LOST = { hasQuorum: false, isOtherOnline: false, joined: 1, joins: JOINS };
/** After a cut, before Pacemaker has noticed; and when it has noticed first. */
const UNCLEAR = { hasQuorum: true, isOtherOnline: true, joined: 1, joins: JOINS };

const after = (looks: readonly (Omit<QuorumLook, 'atMs'> & { atMs: number })[]): Apart | undefined =>
  looks.reduce<Apart | undefined>(remember, undefined);
const at = (seconds: number, look: Omit<QuorumLook, 'atMs'>) => ({ ...look, atMs: seconds * 1000 });

t.test('a row of looks since the other node was seen', async (t) => {
  const cases: readonly (readonly [string, Parameters<typeof after>[0], Apart | undefined])[] = [
    ['together', [at(0, TOGETHER)], { joins: JOINS, lookedMs: 0 }],
    ['alone, and nobody looked before', [at(0, ALONE)], undefined],
    ['alone now', [at(0, TOGETHER), at(4, ALONE)], { joins: JOINS, lookedMs: 4000, aloneSinceMs: 4000 }],
    [
      'alone long enough',
      [at(0, TOGETHER), at(4, ALONE), at(8, ALONE), at(13, ALONE)],
      { joins: JOINS, lookedMs: 13_000, aloneSinceMs: 4000, mayAct: true },
    ],
    ['without quorum in between', [at(0, TOGETHER), at(4, ALONE), at(8, LOST), at(12, ALONE)], undefined],
    ['nobody looked for too long', [at(0, TOGETHER), at(7.1, ALONE)], undefined],
    [
      'not clear yet: it is no look',
      [at(0, TOGETHER), at(4, UNCLEAR), at(6, ALONE)],
      { joins: JOINS, lookedMs: 6000, aloneSinceMs: 6000 },
    ],
    ['not clear for too long', [at(0, TOGETHER), at(4, UNCLEAR), at(8, ALONE)], undefined],
    [
      'together, and nobody saw it',
      [at(0, TOGETHER), at(4, ALONE), at(8, ALONE), at(13, ALONE), at(60, { ...ALONE, joins: '1:1 2:2' })],
      undefined,
    ],
    [
      'together for a moment, and alone again',
      [at(0, TOGETHER), at(4, ALONE), at(8, ALONE), at(13, { ...ALONE, joins: '1:1 2:2' })],
      { joins: '1:1 2:2', lookedMs: 13_000, aloneSinceMs: 13_000 },
    ],
    ['together again', [at(0, TOGETHER), at(4, LOST), at(60, TOGETHER)], { joins: JOINS, lookedMs: 60_000 }],
    [
      'who may act may do so until they are together, also after a restart of PostgreSQL',
      [at(0, TOGETHER), at(4, ALONE), at(10, ALONE), at(13, ALONE), at(60, LOST), at(90, ALONE)],
      { joins: JOINS, lookedMs: 13_000, aloneSinceMs: 4000, mayAct: true },
    ],
  ];
  for (const [name, looks, expected] of cases) t.same(after(looks), expected, name);
});

t.test(
  'it is kept from one operation to the next, and what is damaged is as if nobody had looked',
  async (t) => {
    const apart: Apart = { joins: JOINS, lookedMs: 5, aloneSinceMs: 3, mayAct: true };
    t.same(parseMemory(serializeMemory({ ...EMPTY_MEMORY, apart })).apart, apart);
    t.same(parseMemory(serializeMemory({ ...EMPTY_MEMORY, apart: { joins: JOINS, lookedMs: 5 } })).apart, {
      joins: JOINS,
      lookedMs: 5,
    });
    for (const damaged of [
      '{"apart":{"mayAct":true}}',
      '{"apart":7}',
      '{"apart":{"lookedMs":"5","joins":""}}',
      '{"apart":{"lookedMs":5}}',
      '{}',
    ])
      t.equal(parseMemory(damaged).apart, undefined, damaged);
  },
);

/** Of two nodes that are apart; who has the vote keeps it for longer than a pause of the looks, as corosync-qnetd does. */
type Phase =
  | { readonly kind: 'together'; readonly ms: number }
  | { readonly kind: 'apart'; readonly holder: 0 | 1 | undefined; readonly ms: number };

t.test('of two nodes that are apart only one ever acts', async (t) => {
  const phase: fc.Arbitrary<Phase> = fc.oneof(
    fc.record({ kind: fc.constant('together' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({
      kind: fc.constant('apart' as const),
      holder: fc.constantFrom(0 as const, 1 as const),
      ms: fc.integer({ min: 10_000, max: 40_000 }),
    }),
    fc.record({
      kind: fc.constant('apart' as const),
      holder: fc.constant(undefined),
      ms: fc.integer({ min: 1, max: 30_000 }),
    }),
  );
  // When each node looks next, and how old what Pacemaker has of the quorum is then.
  const pauses = fc.infiniteStream(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 250, max: 4_500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 4_500, max: 60_000 }) },
    ),
  );
  const lag = fc.infiniteStream(fc.integer({ min: 0, max: 1_500 }));
  const reboots = fc.infiniteStream(fc.integer({ min: 0, max: 60 }));
  fc.assert(
    fc.property(
      fc.array(phase, { minLength: 2, maxLength: 12 }),
      pauses,
      lag,
      reboots,
      (phases, pause, lags, dice) => {
        const story = [{ kind: 'together' as const, ms: 10_000 }, ...phases];
        const endMs = story.reduce((sum, { ms }) => sum + ms, 0);
        const indexAt = (ms: number): number => {
          let left = Math.max(0, ms);
          const index = story.findIndex((each) => {
            left -= each.ms;
            return left < 0;
          });
          return index < 0 ? story.length - 1 : index;
        };
        const phaseAt = (ms: number): Phase => story[indexAt(ms)] as Phase;
        const joinsAt = (ms: number): string =>
          `${story.slice(0, indexAt(ms) + 1).filter(({ kind }) => kind === 'together').length}`;
        const memory: (Apart | undefined)[] = [undefined, undefined];
        const nextMs = [0, 1];
        const mayAct = new Set<number>();
        for (let now = 0; now < endMs; now = Math.min(...nextMs)) {
          const node = nextMs[0] === now ? 0 : 1;
          nextMs[node] = now + pause.next().value;
          const actual = phaseAt(now);
          const seen = phaseAt(now - lags.next().value);
          const isSeenTogether = seen.kind === 'together';
          memory[node] = remember(dice.next().value === 0 ? undefined : memory[node], {
            atMs: now,
            hasQuorum: isSeenTogether || seen.holder === node,
            isOtherOnline: isSeenTogether,
            joined: actual.kind === 'together' ? 2 : 1,
            joins: joinsAt(now),
          });
          if (actual.kind === 'together' && isSeenTogether) mayAct.clear();
          if (memory[node]?.mayAct) mayAct.add(node);
          // One that has forgotten that it might, in a reboot, has acted nevertheless.
          if (mayAct.size > 1) throw new Error(`both act at ${now}: ${JSON.stringify(story)}`);
        }
      },
    ),
    { numRuns: 2_000 },
  );
  t.pass();
});

const config = aConfig({ nodeList: ['node1', 'node2'], quorumDevice: true });
const members = (joined: number, device: string | undefined = 'net'): Fact<CorosyncMembers> =>
  known({ joined, joins: JOINS, device });
const remembering = (apart: Apart | undefined) =>
  apart === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, apart };
const confirmedAlone = (decision: Decision) => stepsOf(decision, 'confirm').map(({ alone }) => alone);
const NOW = 1_000_000;
const LONG_ALONE: Apart = { joins: JOINS, lookedMs: NOW - 1_000, aloneSinceMs: NOW - ALONE_MS };

const lostStandby = (parts: Partial<Snapshot>): Snapshot =>
  aSnapshot({
    self: 'node2',
    cluster: known(
      aLockView({
        nodes: {
          node1: { online: false, dataStatus: 'LATEST' },
          node2: { status: 'HS:alone', score: '100', dataStatus: 'STREAMING|SYNC' },
        },
      }),
    ),
    server: running(aStandby()),
    disk: aDisk({ standbySignal: true }),
    members: members(1),
    ...parts,
  });
const promote = (apart: Apart | undefined, parts: Partial<Snapshot> = {}) =>
  decidePromote(lostStandby({ memory: remembering(apart), ...parts }), config);

t.test('a standby takes over when it has had quorum alone for long enough', async (t) => {
  const takes = promote(LONG_ALONE);
  t.same(rulesOf(takes), ['promote.open-timeline']);
  t.same(confirmedAlone(takes), [true, true]);
  t.match(takes.memory.apart, { mayAct: true });

  const waits = promote({ joins: JOINS, lookedMs: NOW - 1_000 });
  t.same(rulesOf(waits), ['promote.apart-wait']);
  t.equal(codeOf(waits), 'again');
  t.same(waits.steps, []);
  t.same(waits.memory.apart, { joins: JOINS, lookedMs: NOW, aloneSinceMs: NOW });

  const refusals: readonly (readonly [string, ReturnType<typeof promote>])[] = [
    ['it was without quorum, or was booted', promote(undefined)],
    ['nobody has looked', promote({ joins: JOINS, lookedMs: NOW - LONGEST_PAUSE_MS - 1 })],
    [
      'there is no quorum device',
      promote(LONG_ALONE, { members: known({ joined: 1, joins: JOINS, device: undefined }) }),
    ],
  ];
  for (const [name, decision] of refusals) {
    t.same(rulesOf(decision), ['promote.apart'], name);
    t.equal(codeOf(decision), OcfExit.GENERIC, name);
    t.equal(published(decision)['node2 master-pgsql'], '-INFINITY', name);
    t.match(decision.reasons[0]?.because, /it last saw node1, .* start node1/);
  }
  const hung = promote(
    { ...LONG_ALONE, aloneSinceMs: NOW - 5_000 },
    { members: unknown('corosync-cmapctl hangs') },
  );
  t.same(rulesOf(hung), ['promote.apart-wait'], 'a Corosync that hangs tells nothing, and no time passes');
});

t.test('together, or with a third node, a majority confirms as ever', async (t) => {
  const together = promote(undefined, {
    cluster: known(
      aLockView({
        nodes: { node1: { status: 'STOP', score: '-INFINITY' }, node2: { status: 'HS:alone', score: '100' } },
      }),
    ),
    members: members(2),
  });
  t.same(confirmedAlone(together), [undefined, undefined]);
  const without = decidePromote(
    lostStandby({ memory: remembering(LONG_ALONE) }),
    aConfig({ nodeList: ['node1', 'node2'] }),
  );
  t.same(confirmedAlone(without), [undefined, undefined], 'no quorum_device');
});

t.test('a primary lets commits go on without its standby', async (t) => {
  const monitor = (apart: Apart | undefined) =>
    decideMonitor(
      aSnapshot({
        cluster: known(aLockView({ nodes: { node2: { online: false, dataStatus: 'STREAMING|SYNC' } } })),
        server: running(aPrimary({ senders: [] })),
        members: members(1),
        memory: remembering(apart),
      }),
      config,
    );
  t.same(confirmedAlone(monitor(LONG_ALONE)), [true]);
  t.same(confirmedAlone(monitor({ joins: JOINS, lookedMs: NOW - 3_000 })), [undefined], 'not yet');
  t.same(confirmedAlone(monitor(undefined)), [undefined], 'never');
  t.equal(codeOf(monitor(undefined)), OcfExit.RUNNING_PROMOTED, 'and its monitor does not fail for that');
});

t.test('a recorded primary that was apart does not keep its place', async (t) => {
  const start = (apart: Apart | undefined) =>
    decideStart(
      aSnapshot({
        cluster: known(aLockView({ nodes: { node2: { online: false, dataStatus: 'STREAMING|SYNC' } } })),
        server: stopped(),
        members: members(1),
        memory: remembering(apart),
      }),
      config,
    );
  t.match(start(undefined).reasons[0]?.because, /not promoted yet: this node has been without quorum/);
  t.equal(published(start(undefined))['node1 master-pgsql'], '-INFINITY');
  t.match(start({ ...LONG_ALONE, mayAct: true }).reasons[0]?.because, /it is the recorded primary$/);
  t.ok(kindsOf(start(undefined)).includes('start'), 'as a standby it is started');
});
