import t from 'tap';
import { compareRows, gapStatistics } from '../../../lab/client/report.ts';

t.test('a gap is a time between two acknowledgements from the threshold on', async (t) => {
  t.same(gapStatistics([0, 10, 20, 219, 419, 5419.4], 200), { longestGapMs: 5000, gapsMs: [200, 5000] });
});

t.test('the longest time is told even if it is no gap', async (t) => {
  t.same(gapStatistics([5, 15, 90], 200), { longestGapMs: 75, gapsMs: [] });
});

t.test('one acknowledgement, or none, has no gap', async (t) => {
  t.same(gapStatistics([], 200), { longestGapMs: 0, gapsMs: [] });
  t.same(gapStatistics([1_000_000], 200), { longestGapMs: 0, gapsMs: [] });
});

t.test('a row that was acknowledged and is not stored is lost', async (t) => {
  t.same(compareRows(new Set([1, 2, 3]), new Set([1, 3])), { lost: [2], inDoubt: 0 });
});

t.test('a row that is stored and was not acknowledged is in doubt, not lost', async (t) => {
  t.same(compareRows(new Set([1]), new Set([1, 2, 5])), { lost: [], inDoubt: 2 });
});
