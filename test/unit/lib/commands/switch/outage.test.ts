import t from 'tap';
import {
  afterAnswer,
  isOver,
  NOTHING_SEEN,
  type OutageRecord,
  outageOf,
} from '../../../../../lib/commands/switch/outage.ts';

const after = (...answers: readonly (readonly [number, boolean])[]): OutageRecord =>
  answers.reduce((record, [atMs, isWritable]) => afterAnswer(record, atMs, isWritable), NOTHING_SEEN);

t.test('writes were stopped from the last answer of a primary to the next one', async (t) => {
  const whole = after([0, true], [20, true], [40, false], [1800, false], [1820, true], [1840, true]);
  t.equal(whole.longestGapMs, 1800);
  t.ok(isOver(whole));
});

t.test('it is not over while no primary answers, and not before it has begun', async (t) => {
  t.notOk(isOver(after([0, true], [20, true])));
  t.notOk(isOver(after([0, true], [20, false], [2000, false])));
  t.notOk(isOver(after([0, false], [2000, true])), 'nothing was seen before');
});

t.test('what a busy machine was slow to ask is no outage', async (t) => {
  t.equal(after([0, true], [900, true], [920, false], [1500, true]).longestGapMs, 600);
  t.notOk(isOver(after([0, true], [900, true])));
});

t.test('an outage before the other node was primary is not the one that was waited for', async (t) => {
  const early = after([0, true], [20, false], [400, true]);
  t.notOk(isOver(early, 500));
  t.ok(isOver(afterAnswer(afterAnswer(early, 420, false), 2400, true), 500));
});

t.test('an address that led to a primary before and does not after is no success', async (t) => {
  const told = (...answers: readonly (readonly [number, boolean])[]) =>
    outageOf(after(...answers), '192.168.0.236', 'no connection in time');
  t.same(told([0, true], [20, false], [1800, true]), { kind: 'measured', ms: 1800 });
  t.same(told([0, true], [20, false], [15000, false]), { kind: 'goes-on', because: 'no connection in time' });
  t.match(
    told([0, false], [15000, false]),
    { kind: 'not-measured', because: /did not tell/ },
    'never answered',
  );
  t.match(told([0, true], [20, true]), { kind: 'not-measured', because: /whenever it was asked/ });
});
