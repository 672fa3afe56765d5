import t from 'tap';
import { decidedWriter, type Look } from '../../../../bench/two-nodes/judge.ts';
import type { Attempt } from '../../../../lab/client/local-writers.ts';
import { each } from '../attempts.ts';

t.test('who writes is decided', async (t) => {
  const patience = { goesOnMs: 15_000, silenceMs: 50_000 };
  const decided = (attempts: readonly Attempt[], more: Partial<Look>): string | undefined =>
    decidedWriter({ attempts, before: 'node1', sinceMs: 1_000, nowMs: 10_000, ...more }, patience);
  const goesOn = each('node1', 0, 40_000);
  t.equal(decided(goesOn.slice(0, 40), { nowMs: 8_000 }), undefined, 'not while its lease lasts');
  t.equal(decided(goesOn.slice(0, 110), { nowMs: 22_000 }), 'node1');
  const other = each('node2', 20_000, 23_000, { timeline: 2 });
  t.equal(decided(other, { nowMs: 23_000 }), 'node2');
  t.equal(decided(other, { nowMs: 23_000, before: undefined }), 'node2', 'where nobody did');
  t.equal(decided(other.slice(0, 2), { nowMs: 20_500 }), undefined, 'two rows are not enough');
  t.equal(
    decided(other, { nowMs: 23_000, before: 'node2', sinceMs: 19_000 }),
    undefined,
    'nor are five, of who wrote before',
  );
  t.equal(decided([...other, ...each('node1', 20_000, 23_000)], { nowMs: 23_000 }), undefined, 'two at once');
  t.equal(decided(each('node1', 0, 2_000), { nowMs: 40_000 }), undefined, 'nobody, so far');
  t.equal(decided(each('node1', 0, 2_000), { nowMs: 60_000 }), '', 'nobody');
});
