import fc from 'fast-check';
import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { CorosyncMembers } from '../../../../../lib/pacemaker/corosync-members.ts';
import type { Apart } from '../../../../../lib/pgsql/apart-memory.ts';
import {
  aloneMs,
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
/** A node is alone long enough after 15 s, and the first look alone may be 13 s after the last one together. */
const TIMEOUT_MS = 5_000;
const TOGETHER = {
  hasQuorum: true,
  isOtherOnline: true,
  joined: 2,
  joins: JOINS,
  deviceTimeoutMs: TIMEOUT_MS,
};
const ALONE = { hasQuorum: true, isOtherOnline: false, joined: 1, joins: JOINS, deviceTimeoutMs: TIMEOUT_MS };
const LOST = { hasQuorum: false, isOtherOnline: false, joined: 1, joins: JOINS, deviceTimeoutMs: TIMEOUT_MS };
/** After a cut, before Pacemaker has noticed; and when it has noticed first. */
const UNCLEAR = {
  hasQuorum: true,
  isOtherOnline: true,
  joined: 1,
  joins: JOINS,
  deviceTimeoutMs: TIMEOUT_MS,
};

const after = (looks: readonly (Omit<QuorumLook, 'atMs'> & { atMs: number })[]): Apart | undefined =>
  looks.reduce<Apart | undefined>(remember, undefined);
const at = (seconds: number, look: Omit<QuorumLook, 'atMs'>) => ({ ...look, atMs: seconds * 1000 });

t.test('a row of looks since the other node was seen', async (t) => {
  const row = [at(0, TOGETHER), at(4, TOGETHER), at(8, TOGETHER)];
  const parted = { joins: JOINS, lookedMs: 12_000, aloneSinceMs: 12_000 };
  const mayAct = { joins: JOINS, lookedMs: 33_000, aloneSinceMs: 12_000, mayAct: true as const };
  const untilItMay = [...row, at(12, ALONE), at(16, ALONE), at(21, ALONE), at(27, ALONE), at(33, ALONE)];
  const cases: readonly (readonly [string, Parameters<typeof after>[0], Apart | undefined])[] = [
    ['together', row, { joins: JOINS, lookedMs: 8_000, togetherSinceMs: 0 }],
    ['alone, and nobody looked before', [at(0, ALONE)], undefined],
    ['alone now', [...row, at(12, ALONE)], parted],
    ['together for too short a time: it may have been frozen', [...row.slice(0, 2), at(8, ALONE)], undefined],
    [
      'after a pause it may have been frozen',
      [...row, at(68, TOGETHER), at(70, TOGETHER), at(74, ALONE)],
      undefined,
    ],
    ['alone long enough', untilItMay, mayAct],
    [
      // Cut from the device after 7.5 s, it counts its old vote for up to 8 s; the other one has the new after 9.5 s.
      'the vote may have moved to the other one meanwhile',
      [...row, ...[12.5, 16.5, 20.5, 24.5, 27.6].map((second) => at(second, ALONE))],
      { joins: JOINS, lookedMs: 27_600, aloneSinceMs: 12_500 },
    ],
    ['without quorum in between', [...row, at(12, ALONE), at(16, LOST), at(20, ALONE)], undefined],
    ['nobody looked for too long', [...row, at(21.1, ALONE)], undefined],
    ['nobody looked for too long while it was alone', [...row, at(12, ALONE), at(19.1, ALONE)], undefined],
    [
      'not clear as long as the device has not answered: it is no look',
      [...row, at(12, UNCLEAR), at(16, UNCLEAR), at(21, ALONE)],
      { joins: JOINS, lookedMs: 21_000, aloneSinceMs: 21_000 },
    ],
    ['not clear for too long', [...row, at(12, UNCLEAR), at(16, UNCLEAR), at(21.1, ALONE)], undefined],
    [
      'with a device whose timeout is 10 s, everything takes longer',
      [...row, at(12, UNCLEAR), at(21.1, { ...ALONE, deviceTimeoutMs: 10_000 })],
      { joins: JOINS, lookedMs: 21_100, aloneSinceMs: 21_100 },
    ],
    ['together, and nobody saw it', [...untilItMay, at(60, { ...ALONE, joins: '1:1 2:2' })], undefined],
    [
      'together for a moment, and alone again',
      [...row, at(12, ALONE), at(16, { ...ALONE, joins: '1:1 2:2' })],
      { joins: '1:1 2:2', lookedMs: 16_000, aloneSinceMs: 16_000 },
    ],
    [
      'together again',
      [...row, at(12, LOST), at(60, TOGETHER)],
      { joins: JOINS, lookedMs: 60_000, togetherSinceMs: 60_000 },
    ],
    [
      'who may act may do so until they are together, also after a restart of PostgreSQL',
      [...untilItMay, at(60, LOST), at(90, ALONE)],
      mayAct,
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

/**
 * How the device gives its vote to two nodes that are apart, as corosync-qnetd does. At the cut the other one counts its old
 * vote for up to 1.2 times TIMEOUT_MS. From one to the other it goes only when the device has not heard of the one for as long.
 * Pacemaker hears of the cut when the device has answered.
 */
type Phase =
  | { readonly kind: 'together'; readonly ms: number }
  | {
      readonly kind: 'apart';
      readonly holder: 0 | 1;
      readonly ms: number;
      readonly oldVoteMs: number;
      readonly answerMs: number;
    };

interface Span {
  readonly untilMs: number;
  readonly hasQuorum: readonly [boolean, boolean];
  readonly isTogether: boolean;
  readonly joins: string;
  /** until then Pacemaker believes that they are together */
  readonly answeredMs: number;
}

const spansOf = (phases: readonly Phase[]): readonly Span[] => {
  const spans: Span[] = [];
  let atMs = 0;
  let joins = 0;
  let answeredMs = 0;
  const add = (ms: number, hasQuorum: readonly [boolean, boolean], isTogether = false): void => {
    atMs += ms;
    spans.push({ untilMs: atMs, hasQuorum, isTogether, joins: String(joins), answeredMs });
  };
  for (const [index, phase] of phases.entries()) {
    if (phase.kind === 'together') {
      joins += 1;
      add(phase.ms, [true, true], true);
      continue;
    }
    const before = phases[index - 1];
    const isCut = before === undefined || before.kind === 'together';
    const moves = !isCut && before.kind === 'apart' && before.holder !== phase.holder;
    if (isCut) answeredMs = atMs + phase.answerMs;
    if (moves)
      add(Math.max(0.2 * TIMEOUT_MS, 1.2 * TIMEOUT_MS - before.ms), [
        before.holder === 0,
        before.holder === 1,
      ]);
    // Who loses the device while they are apart counts its old vote, too, when the other one has the new.
    const oldVoteMs = isCut || moves ? Math.min(phase.oldVoteMs, phase.ms) : 0;
    add(oldVoteMs, [true, true]);
    add(phase.ms - oldVoteMs, [phase.holder === 0, phase.holder === 1]);
  }
  return spans;
};

/** consensus of Corosync, by default */
const NOTICED_AFTER_THAW_MS = 3_600;
const TOGETHER_SPAN: Pick<Span, 'hasQuorum' | 'isTogether'> = { hasQuorum: [true, true], isTogether: true };

t.test('of two nodes that are apart only one ever acts', async (t) => {
  const phase: fc.Arbitrary<Phase> = fc.oneof(
    fc.record({ kind: fc.constant('together' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('apart' as const),
        holder: fc.constantFrom(0 as const, 1 as const),
        ms: fc.integer({ min: 1, max: 40_000 }),
        oldVoteMs: fc.integer({ min: 0, max: 1.2 * TIMEOUT_MS }),
        answerMs: fc.integer({ min: 0, max: 1.6 * TIMEOUT_MS }),
      }),
    },
  );
  // When each node looks next, and how old what Pacemaker has of the quorum is then. In a long pause it may have been frozen: then
  // all is old that it sees, until Corosync has noticed.
  const pauses = fc.infiniteStream(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 250, max: 4_500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 4_500, max: 60_000 }) },
    ),
  );
  const lags = fc.infiniteStream(fc.integer({ min: 0, max: 1_500 }));
  const dice = fc.infiniteStream(fc.integer({ min: 0, max: 60 }));
  const phases = fc.array(phase, { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(phases, pauses, lags, dice, (chosen, pause, lag, die) => {
      const spans = spansOf([{ kind: 'together', ms: 10_000 }, ...chosen]);
      const last = spans.at(-1) as Span;
      const spanAt = (ms: number): Span => spans.find(({ untilMs }) => ms < untilMs) ?? last;
      const memory: (Apart | undefined)[] = [undefined, undefined];
      const nextMs = [0, 1];
      const mayAct = new Set<number>();
      const frozen = [
        { atMs: 0, untilMs: 0 },
        { atMs: 0, untilMs: 0 },
      ];
      for (let now = 0; now < last.untilMs; now = Math.min(...nextMs)) {
        const node = nextMs[0] === now ? 0 : 1;
        const pauseMs = pause.next().value;
        nextMs[node] = now + pauseMs;
        if (pauseMs > LONGEST_PAUSE_MS && die.next().value % 2 === 0)
          frozen[node] = { atMs: now, untilMs: now + pauseMs + NOTICED_AFTER_THAW_MS };
        const { atMs: frozenAtMs, untilMs: frozenUntilMs } = frozen[node] ?? { atMs: 0, untilMs: 0 };
        // One that is frozen joins nobody.
        const isStale = now < frozenUntilMs && spanAt(now).joins === spanAt(frozenAtMs).joins;
        const actual = spanAt(isStale ? frozenAtMs : now);
        const told = spanAt((isStale ? frozenAtMs : now) - lag.next().value);
        const seen = now < told.answeredMs && !isStale ? TOGETHER_SPAN : told;
        const isRebooted = die.next().value === 0;
        memory[node] = remember(isRebooted ? undefined : memory[node], {
          atMs: now,
          hasQuorum: seen.hasQuorum[node],
          isOtherOnline: seen.isTogether,
          joined: actual.isTogether ? 2 : 1,
          joins: actual.joins,
          deviceTimeoutMs: TIMEOUT_MS,
        });
        if (!isStale && actual.isTogether && seen.isTogether) mayAct.clear();
        // One that has forgotten that it might, in a reboot, has acted nevertheless.
        if (memory[node]?.mayAct) mayAct.add(node);
        if (mayAct.size > 1) throw new Error(`both act at ${now}: ${JSON.stringify(spans)}`);
      }
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

const config = aConfig({ nodeList: ['node1', 'node2'], quorumDevice: true });
const members = (joined: number, device: string | undefined = 'net'): Fact<CorosyncMembers> =>
  known({ joined, joins: JOINS, device, deviceTimeoutMs: TIMEOUT_MS });
const remembering = (apart: Apart | undefined) =>
  apart === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, apart };
const confirmedAlone = (decision: Decision) => stepsOf(decision, 'confirm').map(({ alone }) => alone);
const NOW = 1_000_000;
const LONG_ALONE: Apart = { joins: JOINS, lookedMs: NOW - 1_000, aloneSinceMs: NOW - aloneMs(TIMEOUT_MS) };

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
      promote(LONG_ALONE, {
        members: known({ joined: 1, joins: JOINS, device: undefined, deviceTimeoutMs: TIMEOUT_MS }),
      }),
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

t.test('who does not look, forgets nothing; who is not to look any more, does', async (t) => {
  const monitor = (parts: Partial<Snapshot>, quorumDevice = true) =>
    decideMonitor(lostStandby({ memory: remembering(LONG_ALONE), ...parts }), {
      ...config,
      quorumDevice,
    }).memory.apart;
  t.same(monitor({ isProbe: true }), LONG_ALONE);
  t.same(monitor({ members: unknown('corosync-cmapctl hangs') }), LONG_ALONE);
  t.same(monitor({ cluster: unknown('cibadmin timed out') }), LONG_ALONE);
  t.match(monitor({}), { mayAct: true });
  t.equal(monitor({}, false), undefined);
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
  t.match(rulesOf(monitor({ joins: JOINS, lookedMs: NOW - 3_000 })), ['sync.degrade', 'sync.apart']);
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
