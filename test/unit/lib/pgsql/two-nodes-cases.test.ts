/** Every case of docs/two-nodes-cases.md, and that page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CUTS, LATER_MS, LOSSES, OTHERS, PAIRS_OF_CUTS, play, type Story } from './two-nodes-cases.ts';
import { type Case, pageOf } from './two-nodes-page.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/two-nodes-cases.md');

const inBothOrders = <T>(one: T, other: T): readonly (readonly [T, T])[] => [
  [one, other],
  [other, one],
];

const checked = (name: string, story: Story): Story => {
  t.same(story.faults, [], `${name}\n${story.log.join('\n')}`);
  t.match(
    story.afterwards,
    /^[PS](; [PS] is repaired)?$/,
    `${name}: one primary, and the other one not stopped`,
  );
  return story;
};

const single: readonly Case[] = [...CUTS, ...OTHERS].map((trouble) => ({
  troubles: [trouble],
  ways: [[checked(trouble.name, play([trouble], [trouble], 0))]],
}));

const pairs: readonly Case[] = PAIRS_OF_CUTS.map((pair) => {
  const [first, second] = pair;
  const begins = [
    [pair, 0],
    [pair, LATER_MS],
    [[second, first], LATER_MS],
  ] as const;
  return {
    troubles: pair,
    ways: begins.map(([order, pauseMs]) =>
      inBothOrders(first, second).map((heals) =>
        checked(order.map(({ name }) => name).join(', then '), play(order, heals, pauseMs)),
      ),
    ),
  };
});

const losses: readonly Case[] = LOSSES.map((pair) => ({
  troubles: pair,
  ways: [
    inBothOrders(...pair).map((heals) =>
      checked(pair.map(({ name }) => name).join(', then '), play(pair, heals, LATER_MS)),
    ),
  ],
}));

t.test('writes go on where they may', async (t) => {
  const writersOf = (name: string): readonly string[] =>
    single
      .filter(({ troubles: [trouble] }) => trouble?.name === name)
      .flatMap(({ ways }) => ways.flat().map(({ during }) => during.writer));
  const cases = [
    ['P ↔ S', 'P'],
    ['P ↔ A', 'S'],
    ['S ↔ A', 'P'],
    ['P loses its power', 'S'],
    ['S loses its power', 'P'],
    ['the arbiter is killed', 'P'],
    ['P is frozen, with its guard', 'S'],
  ] as const;
  for (const [name, writer] of cases) t.same(writersOf(name), [writer], name);
  t.notOk(single.some(({ ways }) => ways.flat().some(({ during }) => during.writer === 'nobody')));
});

t.test('docs/two-nodes-cases.md', async (t) => {
  const page = pageOf({ single, pairs, losses });
  if (process.env.WRITE_DOCS !== undefined) writeFileSync(PAGE, page);
  t.equal(readFileSync(PAGE, 'utf8'), page, 'is what this run comes to');
});
