import t from 'tap';
import {
  outageOf,
  ratiosOf,
  resultsOf,
  typicalPlay,
  writesAround,
} from '../../../../bench/failover/figures.ts';
import { limitsOf } from '../../../../bench/failover/limits.ts';
import { played } from './played.ts';

t.test('the outage is the longest gap that ends after the fault', async (t) => {
  t.equal(outageOf([0, 10, 20, 1020, 1030], 25), 1000);
  t.equal(outageOf([0, 900, 910, 1100, 1110], 905), 190, 'a gap that was over before is not of the fault');
  t.equal(outageOf([0, 10], 25), undefined, 'nothing came back');
  t.equal(outageOf([], 25), undefined);
});

t.test('writes are counted in tenths of a second, from two seconds before', async (t) => {
  const fault = 10_000;
  const counts = writesAround([7_000, 8_000, 8_099, 8_100, 10_000, 10_250], fault);
  t.equal(counts.length, 22, 'up to the last whole tenth');
  t.same(counts.slice(0, 3), [2, 1, 0]);
  t.equal(counts[20], 1, 'the fault is at the twentieth');
  t.same(writesAround([], fault), []);
});

const plays = [
  played({ agent: 'floor', outageMs: 1000 }),
  played({ agent: 'pha', outageMs: 1000, lost: 2 }),
  played({ agent: 'pha', outageMs: 5000, cameBack: false }),
  played({ agent: 'pha', outageMs: 3000 }),
  played({ agent: 'pha', fault: 'cut', outageMs: 700 }),
];

t.test('medians, the worst, and what was lost, for each fault and agent', async (t) => {
  t.same(resultsOf(plays), [
    { agent: 'pha', fault: 'kill9', runs: 3, medianMs: 3000, worstMs: 5000, lost: 2, neverBack: 1 },
    { agent: 'floor', fault: 'kill9', runs: 1, medianMs: 1000, worstMs: 1000, lost: 0, neverBack: 0 },
    { agent: 'pha', fault: 'cut', runs: 1, medianMs: 700, worstMs: 700, lost: 0, neverBack: 0 },
  ]);
  t.same(resultsOf([]), []);
});

t.test('ratios of medians, to whoever had the same fault', async (t) => {
  t.same(ratiosOf(resultsOf(plays)), [
    { agent: 'pha', fault: 'kill9', to: 'floor', ratio: 3 },
    { agent: 'floor', fault: 'kill9', to: 'pha', ratio: 0.333 },
  ]);
});

t.test('the typical run is that of the median', async (t) => {
  t.equal(typicalPlay(plays, 'pha', 'kill9')?.outageMs, 3000);
  t.equal(typicalPlay(plays, 'paf', 'kill9'), undefined);
});

t.test('limits are those that can be told', async (t) => {
  const results = resultsOf(plays);
  const limits = limitsOf(results, ratiosOf(results), 'fast');
  t.same(
    limits.map(({ what, met }) => [what, met]),
    [
      ['kill9: ratio of pha to floor', true],
      ['kill9: acknowledged rows that pha lost', false],
      ['cut: acknowledged rows that pha lost', true],
      ['kill9: runs in which pha did not come back', false],
      ['cut: runs in which pha did not come back', true],
    ],
  );
  const others = resultsOf([
    played({ agent: 'paf', outageMs: 900 }),
    played({ agent: 'pha', outageMs: 901 }),
  ]);
  const [first] = limitsOf(others, ratiosOf(others), 'default');
  t.match(first, { what: 'kill9: ratio of pha to paf', atMost: 1, met: false });
});
