import t from 'tap';
import { OcfExit } from '../../../../heartbeat-ocf/exit-codes.ts';
import {
  conclude,
  failedIn,
  failureOf,
  keptAtOnce,
  memoryAfter,
  memoryAtBegin,
  startsIn,
  withoutWord,
} from '../../../../lib/pgsql/conclude.ts';
import { again, type Decision, done, reason } from '../../../../lib/pgsql/decide/decision.ts';
import { EMPTY_MEMORY, LAG_UNTOLD } from '../../../../lib/pgsql/memory.ts';
import { stateNames } from '../../../../lib/pgsql/names.ts';
import type { Publication, Step, StepKind } from '../../../../lib/pgsql/steps.ts';

const failed = (kind: StepKind, isStarted = false) => ({ kind, reason: 'no', isStarted });
const started = { ...EMPTY_MEMORY, started: true };

t.test('what was decided is remembered when all steps were carried out', async (t) => {
  t.equal(memoryAfter(EMPTY_MEMORY, started, undefined), started);
});

t.test('a promotion whose record was not confirmed is tried again, not waited for', async (t) => {
  t.same(memoryAfter(EMPTY_MEMORY, started, failed('confirm')), EMPTY_MEMORY);
  t.same(memoryAfter({ ...EMPTY_MEMORY, started: false }, started, failed('configure')).started, false);
});

t.test('a server that did not start is not started again and again', async (t) => {
  t.match(memoryAfter(EMPTY_MEMORY, started, failed('start')), { started: true, startFailure: 'no' });
});

t.test(
  'one that runs was started, whatever fails after that: it is not taken for the old primary',
  async (t) => {
    t.equal(
      memoryAfter(EMPTY_MEMORY, started, failed('awaitReady', true)),
      started,
      'slow to take connections',
    );
    t.equal(memoryAfter(EMPTY_MEMORY, started, failed('announce', true)), started, 'a note is not withdrawn');
    t.same(memoryAfter(EMPTY_MEMORY, started, failed('announce')), EMPTY_MEMORY, 'before it was started');
  },
);

t.test('the next look is a short one only if nothing has failed meanwhile', async (t) => {
  const decision = again(reason('x', 'x'), { memory: EMPTY_MEMORY, looksAt: 'election', pauseMs: 20 });
  const time = { elapsedMs: 0, isOver: false };
  t.same(conclude(decision, undefined, time, ''), {
    kind: 'look',
    waitingFor: 'x',
    afterMs: 20,
    looksAt: 'election',
  });
  t.notMatch(conclude(decision, failed('announce'), time, ''), { looksAt: 'election' });
});

t.test('what was started beside a step that failed runs', async (t) => {
  const group: Step[] = [
    { kind: 'start', standby: true },
    { kind: 'announce', note: undefined, alongside: true },
  ];
  t.same(failedIn(group, [undefined, 'no attrd'], false), {
    kind: 'announce',
    reason: 'no attrd',
    isStarted: true,
  });
  t.match(failedIn(group, ['no disk', undefined], false), { kind: 'start', isStarted: false });
  t.equal(failedIn(group, [undefined, undefined], false), undefined);
  t.notOk(startsIn(group, ['no disk', undefined]));
});

t.test('what the cluster said is not relied on for long', async (t) => {
  const decision = again(reason('x', 'x'), { memory: EMPTY_MEMORY, looksAt: 'node' });
  const after = (elapsedMs: number) => conclude(decision, undefined, { elapsedMs, isOver: false }, '');
  t.match(after(900), { looksAt: 'node' });
  t.notMatch(after(1_100), { looksAt: 'node' });
});

t.test('a promotion ends when its record is confirmed, whatever else fails', async (t) => {
  const decision: Decision = {
    reasons: [{ rule: 'promote.done', because: 'primary', level: 'info' }],
    steps: [],
    outcome: { kind: 'done', code: 0 },
    whenStepFails: 'finish-once-confirmed',
    memory: EMPTY_MEMORY,
  };
  const kindAfter = (kind: StepKind): string =>
    conclude(decision, failed(kind), { elapsedMs: 100, isOver: false }, '').kind;
  t.equal(kindAfter('record'), 'look');
  t.equal(kindAfter('confirm'), 'look');
  t.equal(kindAfter('createSlots'), 'end');
});

t.test(
  'a monitor that finishes a promotion tries for a while, and leaves the rest to the next one',
  async (t) => {
    const decision = done(OcfExit.RUNNING_PROMOTED, reason('x', 'x'), {
      memory: EMPTY_MEMORY,
      whenStepFails: 'finish-once-confirmed',
      retryMs: 1_500,
    });
    const after = (kind: StepKind, elapsedMs: number) =>
      conclude(decision, failed(kind), { elapsedMs, isOver: false }, '');
    t.equal(after('confirm', 1_400).kind, 'look');
    t.match(after('confirm', 1_600), { kind: 'end', keepsMemory: true, result: { code: 8 } });
    t.equal(after('publish', 100).kind, 'end');
  },
);

t.test('where commits would not wait yet, the promotion goes on in another way', async (t) => {
  const promoting = { ...EMPTY_MEMORY, started: true } as const;
  t.same(memoryAfter(EMPTY_MEMORY, promoting, failed('awaitNames')), { ...EMPTY_MEMORY, holdsNothing: true });
});

t.test('what PostgreSQL was told is not told again, whatever fails after it', async (t) => {
  const promoting = { ...EMPTY_MEMORY, started: true, opensTimeline: true } as const;
  t.same(memoryAfter(EMPTY_MEMORY, promoting, failed('awaitPromoted', true)), promoting);
  t.ok(startsIn([{ kind: 'promote', pid: 7 }], [undefined]));
});

t.test('a lag that could not be told is told by the next monitor, whatever it is', async (t) => {
  const told = { ...EMPTY_MEMORY, lag: '0 0' };
  t.equal(memoryAfter(told, { ...told, lag: '256 7' }, failed('tellLag')).lag, LAG_UNTOLD);
  t.notMatch(LAG_UNTOLD, /^(\d+ \d+)?$/);
});

t.test('a server is watched again after an operation that has ended its watcher', async (t) => {
  const tried = { ...EMPTY_MEMORY, watchTried: 7 };
  t.same(memoryAtBegin('monitor', tried), tried);
  t.same(memoryAtBegin('notify', tried), tried);
  t.same(memoryAtBegin('promote', tried), EMPTY_MEMORY);
});

t.test('failed writes are counted anew after a start, a promotion and a demotion', async (t) => {
  const failing = { ...EMPTY_MEMORY, writeFailures: 2 };
  t.same(memoryAtBegin('monitor', failing), failing);
  t.same(memoryAtBegin('notify', failing), failing);
  for (const kind of ['start', 'promote', 'demote', 'stop'] as const)
    t.same(memoryAtBegin(kind, failing), EMPTY_MEMORY);
});

t.test(
  'a server that nobody could watch is not tried again; where a step failed before, nobody has',
  async (t) => {
    const tried = { ...EMPTY_MEMORY, watchTried: 7 };
    t.same(memoryAfter(EMPTY_MEMORY, tried, failed('watch')), tried);
    t.same(memoryAfter(EMPTY_MEMORY, tried, failed('publish')), EMPTY_MEMORY);
    t.same(memoryAfter(EMPTY_MEMORY, tried, undefined), EMPTY_MEMORY, 'it is watched');
    t.same(memoryAfter(tried, tried, undefined), tried, 'and it stays so');
    t.same(memoryAfter(tried, tried, failed('publish')), tried);
  },
);

t.test('a server that cannot be watched is well all the same', async (t) => {
  t.equal(failureOf(failed('watch')), undefined);
});

t.test('what else was decided stays', async (t) => {
  const decided = { ...started, syncLosses: { node2: [1] } };
  t.same(memoryAfter(EMPTY_MEMORY, decided, failed('record')).syncLosses, { node2: [1] });
});

t.test('a word to the primary, and a loss of quorum, are kept before anything is done', async (t) => {
  const remembered = { ...EMPTY_MEMORY, lag: '1 1', apart: { lookedMs: 1, joins: '1:1' } };
  const word = { ...remembered, lag: '2 2', lock: { wordAtMs: 5 } };
  t.same(keptAtOnce(remembered, remembered, word), { ...remembered, lock: { wordAtMs: 5 } });
  t.equal(keptAtOnce(remembered, word, { ...word, lag: '3 3' }), undefined);
  const { apart: _, ...lost } = remembered;
  t.same(keptAtOnce(remembered, remembered, lost), lost);
  t.equal(keptAtOnce(remembered, lost, lost), undefined);
  t.equal(keptAtOnce(EMPTY_MEMORY, EMPTY_MEMORY, EMPTY_MEMORY), undefined);
});

t.test('a word that would be forgotten is neither given nor taken back', async (t) => {
  const names = stateNames('pgsql');
  const word: Publication = { node: 'node2', name: names.arbiter, value: 'silent' };
  const score: Publication = { node: 'node2', name: names.score, value: '100' };
  const wanted: Decision = {
    reasons: [{ rule: 'lock.silent', because: 'no answer in time', level: 'warn' }],
    steps: [
      { kind: 'publish', changes: [word] },
      { kind: 'endReceiver', pid: 7 },
      { kind: 'publish', changes: [{ ...word, value: undefined }, score] },
    ],
    outcome: { kind: 'done', code: 0 },
    whenStepFails: 'finish',
    memory: EMPTY_MEMORY,
  };
  t.same(withoutWord(wanted, names).steps, [
    { kind: 'endReceiver', pid: 7 },
    { kind: 'publish', changes: [score] },
  ]);
});
