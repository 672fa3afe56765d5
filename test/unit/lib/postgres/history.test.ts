import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import {
  type Ancestry,
  compareHistories,
  endOf,
  type History,
  type HistoryEntry,
  parentOf,
  parseHistory,
} from '../../../../lib/postgres/history.ts';
import { formatLsn, lsnOf } from '../../../../lib/postgres/lsn.ts';

const historyOf = (...entries: [number, number][]): History =>
  entries.map(([timeline, end]) => ({ timeline, end: lsnOf(BigInt(end)) }));
const at = (timeline: number, lsn: number) => ({ timeline, lsn: lsnOf(BigInt(lsn)) });
const prefix: Ancestry = { kind: 'prefix' };
const fork = (forkTimeline: number, forkLsn: number): Ancestry => ({
  kind: 'diverged',
  forkTimeline,
  forkLsn: lsnOf(BigInt(forkLsn)),
});

t.test('parseHistory', async (t) => {
  const real = readFileSync(new URL('fixtures/00000002.history', import.meta.url), 'utf8');
  t.same(parseHistory(real), historyOf([1, 0x3000000]));
  const text = '# comment\n1\t0/5000000\tno recovery target specified\n\n  2 \t 1/0\tafter\tLSN\n';
  t.same(parseHistory(text), historyOf([1, 0x5000000], [2, 2 ** 32]));
  t.same(parseHistory(''), []);
  t.same(parentOf(historyOf([1, 5], [3, 8])), { timeline: 3, end: 8n });
  t.equal(parentOf([]), undefined);
  t.equal(endOf(historyOf([1, 5], [3, 8]), 1), 5n);
  t.equal(endOf(historyOf([1, 5], [3, 8]), 2), undefined);
});

t.test('a malformed history is none', async (t) => {
  const wrong = ['x', '1', '1 0/0 a\n1 0/1 b', '2 0/0\n1 0/1', '1 0/5\n2 0/4', '0 0/0', '1 0/G', '<html>'];
  for (const text of wrong) t.equal(parseHistory(text), undefined, JSON.stringify(text));
  fc.assert(fc.property(fc.string(), (text) => [undefined, true].includes(parseHistory(text) && true)));
});

t.test('what is written is read', async () => {
  const entry = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.bigInt({ min: 0n, max: 2n ** 40n }));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), (steps) => {
      const history: HistoryEntry[] = [];
      for (const [step, bytes] of steps) {
        const { timeline, end } = history.at(-1) ?? { timeline: 0, end: 0n };
        history.push({ timeline: timeline + step, end: lsnOf(end + bytes) });
      }
      const text = history
        .map((h) => `${h.timeline}\t${formatLsn(h.end)}\treason of ${h.timeline}\n`)
        .join('\n');
      return isDeepStrictEqual(parseHistory(text), history);
    }),
  );
});

t.test('a node against a primary on timeline 3 with the ancestors 1 (to 100) and 2 (to 200)', async (t) => {
  const primary = { timeline: 3, history: historyOf([1, 100], [2, 200]), flushed: lsnOf(300n) };
  const open = { timeline: 3, history: primary.history };
  const cases: [string, Ancestry, Parameters<typeof compareHistories>[0], typeof primary | typeof open][] = [
    ['behind on an ancestor', prefix, { position: at(1, 50) }, primary],
    ['exactly at its end', prefix, { position: at(1, 100) }, primary],
    ['one byte beyond it', fork(1, 100), { position: at(1, 101) }, primary],
    ['on the parent', prefix, { position: at(2, 200) }, primary],
    ['beyond the parent', fork(2, 200), { position: at(2, 201) }, primary],
    ['beyond the parent, though the primary is further', fork(2, 200), { position: at(2, 299) }, primary],
    ['on the same timeline', prefix, { position: at(3, 300) }, primary],
    ['ahead of what the primary has flushed', fork(3, 300), { position: at(3, 301) }, primary],
    ['ahead, but it is not known what is flushed', prefix, { position: at(3, 301) }, open],
    ['on a later timeline', fork(3, 300), { position: at(4, 400) }, primary],
    ['on a later timeline, flushed not known', fork(3, 400), { position: at(4, 400) }, open],
    [
      'on a later timeline, its way known',
      fork(3, 250),
      { position: at(4, 400), history: historyOf([1, 100], [2, 200], [3, 250]) },
      primary,
    ],
    [
      'it left the current timeline beyond what is flushed',
      fork(3, 300),
      { position: at(4, 400), history: historyOf([1, 100], [2, 200], [3, 350]) },
      primary,
    ],
    [
      'it left timeline 1 earlier',
      fork(1, 90),
      { position: at(2, 95), history: historyOf([1, 90]) },
      primary,
    ],
    [
      'it left timeline 1 later',
      fork(1, 100),
      { position: at(2, 150), history: historyOf([1, 120]) },
      primary,
    ],
    [
      'same numbers, another way',
      fork(1, 100),
      { position: at(3, 250), history: historyOf([1, 120], [2, 200]) },
      primary,
    ],
    ['same way', prefix, { position: at(3, 250), history: historyOf([1, 100], [2, 200]) }, primary],
    ['same way, behind', prefix, { position: at(2, 150), history: historyOf([1, 100]) }, primary],
    ['it skipped timeline 2', fork(1, 100), { position: at(3, 150), history: historyOf([1, 100]) }, primary],
    ['another beginning', fork(1, 0), { position: at(3, 150), history: historyOf([2, 100]) }, primary],
  ];
  for (const [name, expected, mine, theirs] of cases) t.same(compareHistories(mine, theirs), expected, name);
});

t.test('a timeline that the primary never was on, its way unknown', async (t) => {
  const primary = { timeline: 4, history: historyOf([1, 100], [3, 200]) };
  t.same(compareHistories({ position: at(2, 150) }, primary), fork(1, 100), 'at the latest where 1 ended');
  t.same(compareHistories({ position: at(2, 50) }, primary), fork(1, 50));
});

/**
 * A model: a cluster as a tree of timelines, each with its parent and the position where it began. Who wrote
 * a byte is then plain to see, and histories agree as far as every byte has the same writer.
 */
interface Branch {
  readonly parent: number;
  readonly start: number;
}

const tree: fc.Arbitrary<readonly Branch[]> = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })), { maxLength: 6 })
  .map((choices) => {
    const branches: Branch[] = [{ parent: -1, start: 0 }];
    for (const [choice, bytes] of choices) {
      const parent = choice % branches.length;
      branches.push({ parent, start: (branches[parent]?.start ?? 0) + bytes });
    }
    return branches;
  });

const ancestorsOf = (branches: readonly Branch[], index: number): [number, number][] => {
  const branch = branches[index];
  if (branch === undefined || branch.parent < 0) return [];
  return [...ancestorsOf(branches, branch.parent), [branch.parent + 1, branch.start]];
};

const writerOf = (branches: readonly Branch[], index: number, byte: number): number =>
  ancestorsOf(branches, index).find(([, end]) => byte < end)?.[0] ?? index + 1;

const scenario = fc
  .record({
    branches: tree,
    mine: fc.nat(),
    theirs: fc.nat(),
    myBytes: fc.integer({ min: 1, max: 8 }),
    theirBytes: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ branches, mine, theirs, myBytes, theirBytes }) => {
    const [me, primary] = [mine % branches.length, theirs % branches.length];
    const myEnd = (branches[me]?.start ?? 0) + myBytes;
    const flushed = (branches[primary]?.start ?? 0) + theirBytes;
    let common = 0;
    while (
      common < Math.min(myEnd, flushed) &&
      writerOf(branches, me, common) === writerOf(branches, primary, common)
    )
      common++;
    return {
      common,
      isPrefix: common === myEnd,
      position: at(me + 1, myEnd),
      history: historyOf(...ancestorsOf(branches, me)),
      primary: {
        timeline: primary + 1,
        history: historyOf(...ancestorsOf(branches, primary)),
        flushed: lsnOf(BigInt(flushed)),
      },
    };
  });

t.test('with the whole way known the answer is that of the model', async () => {
  fc.assert(
    fc.property(scenario, ({ common, isPrefix, position, history, primary }) => {
      const answer = compareHistories({ position, history }, primary);
      return isPrefix
        ? answer.kind === 'prefix'
        : answer.kind === 'diverged' && answer.forkLsn === BigInt(common);
    }),
    { numRuns: 5000 },
  );
});

t.test('with only the position known the verdict is the same, and the fork an upper bound', async () => {
  fc.assert(
    fc.property(scenario, ({ common, isPrefix, position, primary }) => {
      const answer = compareHistories({ position }, primary);
      return isPrefix
        ? answer.kind === 'prefix'
        : answer.kind === 'diverged' && answer.forkLsn >= BigInt(common);
    }),
    { numRuns: 5000 },
  );
});

t.test('a primary is on its own past, and whoever is behind a prefix is one', async () => {
  fc.assert(
    fc.property(scenario, fc.nat(), ({ position, history, primary }, n) => {
      const self = {
        position: { timeline: primary.timeline, lsn: primary.flushed },
        history: primary.history,
      };
      if (compareHistories(self, primary).kind !== 'prefix') return false;
      if (compareHistories({ position, history }, primary).kind !== 'prefix') return true;
      const start = history.at(-1)?.end ?? 0n;
      const behind = lsnOf(start + (BigInt(n) % (position.lsn - start + 1n)));
      return compareHistories({ position: { ...position, lsn: behind }, history }, primary).kind === 'prefix';
    }),
  );
});
