/** docs/two-nodes-cases.md, from what the model has come to. */
import { LOCK } from './builders.ts';
import { LATER_MS, type Outcome, STAYS_MS, type Story, type Trouble } from './two-nodes-cases.ts';

/** One row: what begins, in one or in several ways, and each story of it. */
export interface Case {
  readonly troubles: readonly Trouble[];
  /** By how it began: at once, one after the other, and so on. Each with every order in which it may end. */
  readonly ways: readonly (readonly Story[])[];
}

export interface Page {
  readonly single: readonly Case[];
  readonly pairs: readonly Case[];
  readonly losses: readonly Case[];
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);

/** A gap of less than a second is none: clients do not notice it. */
const writesOf = ({ writer, gapMs, why }: Outcome): string =>
  writer === 'nobody'
    ? `stop: ${why}`
    : gapMs < 1_000
      ? `go on at ${writer}`
      : `${writer}, after ${seconds(gapMs)} s`;

const distinct = (texts: readonly string[]): string => [...new Set(texts)].join(', or ');

const duringOf = (stories: readonly Story[]): string =>
  distinct(stories.map(({ during }) => writesOf(during)));
const afterwardsOf = ({ ways }: Case): string => distinct(ways.flat().map(({ afterwards }) => afterwards));

const cellsOf = (each: Case): readonly string[] => [...each.ways.map(duringOf), afterwardsOf(each)];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** Cases that come to the same share a row. */
const grouped = (cases: readonly Case[]): readonly (readonly string[])[] => {
  const rows = new Map<string, { readonly names: string[]; readonly cells: readonly string[] }>();
  for (const each of cases) {
    const cells = cellsOf(each);
    const key = cells.join('|');
    const known = rows.get(key) ?? { names: [], cells };
    known.names.push(each.troubles.map(({ name }) => name).join(' and '));
    rows.set(key, known);
  }
  return [...rows.values()].map(({ names, cells }) => [names.join('<br>'), ...cells]);
};

export const pageOf = ({ single, pairs, losses }: Page): string => {
  const stories = [...single, ...pairs, ...losses].flatMap(({ ways }) => ways.flat()).length;
  return `# Two nodes and an arbiter: what happens

Written by a test (\`WRITE_DOCS=1 npx tsx scripts/test.ts unit two-nodes-cases\`), which fails when this page is not what it comes to. Do not edit. It runs the agent's own rules for two nodes
with \`rep_mode=sync\`, a lease of ${LOCK.leaseMs / 1000} s and Corosync noticing a cut after 2 s, in ${stories} stories; the clients write to both nodes directly all the time. In none of them was an acknowledged write lost, and in none did both
nodes acknowledge writes. Times are those of that model: a real cluster adds what its processes take to start ([bench.md](bench.md)). The lock, and why: [distlock.md](distlock.md).

P is who was the primary, S its standby, A the arbiter. P ↔ S: they are cut from each other; P → S: only what P sends to S is lost, which ends their connections all the same. What is
broken stays so for ${STAYS_MS / 1000} s. "S, after 10 s": S accepts writes in the end, and for at most 10 s nobody did. The last column is who is the primary when all is well again; it has the other one as its standby, unless that one "is repaired", because it wrote
what was never acknowledged and the new primary lacks ([repair.md](repair.md)).

## One thing

${table(['what happens', 'writes', 'afterwards'], grouped(single))}

## Two cuts

"Later" is ${LATER_MS / 1000} s later; each of them is healed first in one story, and last in another.

${table(['the cuts', 'both at once', 'the second later', 'the first later', 'afterwards'], grouped(pairs))}

## A node is lost while something else is wrong

${table(['first, and then', 'writes', 'afterwards'], grouped(losses))}
`;
};
