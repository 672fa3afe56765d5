import t from 'tap';
import { longestGapMs, overlapsOf, termsOf } from '../../../bench/terms.ts';
import { at, each } from './attempts.ts';

t.test('a term of each node and timeline', async (t) => {
  const attempts = [
    ...each('node1', 0, 1_000),
    ...each('node2', 5_000, 6_000, { timeline: 2 }),
    ...each('node1', 9_000, 10_000, { timeline: 3 }),
    at('node1', 20_000, { acknowledged: false }),
  ];
  t.strictSame(
    termsOf(attempts).map(({ node, timeline, rows }) => [node, timeline, rows]),
    [
      ['node1', 1, 5],
      ['node2', 2, 5],
      ['node1', 3, 5],
    ],
  );
  t.strictSame(overlapsOf(attempts), [], 'there and back again is no overlap');
});

t.test('two at once', async (t) => {
  const old = each('node1', 0, 6_000);
  t.strictSame(
    overlapsOf([...old, ...each('node2', 5_000, 8_000, { timeline: 2 })]),
    ['node1 (timeline 1) and node2 (timeline 2) both acknowledged for 700 ms'],
    'by two timelines',
  );
  t.equal(overlapsOf([...old, ...each('node2', 5_000, 8_000)]).length, 1, 'by one, opened twice');
  const late = at('node1', 30_000, { beganMs: 5_000 });
  t.strictSame(
    overlapsOf([...each('node1', 0, 5_000), late, ...each('node2', 20_000, 25_000, { timeline: 2 })]),
    [],
    'an answer that came late, since the node was frozen, is to a write of before',
  );
});

t.test('the longest time without', async (t) => {
  const attempts = [...each('node1', 0, 2_000), ...each('node2', 12_000, 14_000)];
  t.equal(longestGapMs(attempts, 1_000, 14_000), 10_200);
  t.equal(longestGapMs(attempts, 1_000, 30_000), 16_000, 'to the end');
  t.equal(longestGapMs([], 1_000, 30_000), 29_000);
});
