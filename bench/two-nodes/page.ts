/** docs/two-nodes-lab.md, from what was played (pure). */
import { beginOf, CASES, type Case, idOf } from './cases.ts';
import { isFault, type Played } from './results.ts';

interface Row {
  /** how it began */
  readonly name: string;
  readonly played: readonly Played[];
  /** by what is healed first: the first, the second */
  readonly byHeal: readonly (readonly Played[])[];
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);

const range = (values: readonly number[]): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${most} s` : `${least} to ${most} s`;
};

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** Of a client that uses the write VIP, from the beginning to the end. */
const clientOf = (played: readonly Played[]): string =>
  range(played.map(({ clientGapMs }) => seconds(clientGapMs)));

/** What clients do not notice is no gap. */
const UNNOTICED_MS = 2_000;

const writesOf = (played: readonly Played[]): string =>
  distinct(played.map(({ writer }) => writer))
    .map((writer) => {
      const gaps = played.filter((each) => each.writer === writer).map(({ gapMs }) => gapMs);
      if (writer === 'nobody') return 'stop';
      if (Math.max(...gaps) < UNNOTICED_MS) return `go on at ${writer}`;
      return `${writer}, after ${range(gaps.map(seconds))}`;
    })
    .join(', or ');

const afterwardsOf = (played: readonly Played[]): string => {
  const primaries = distinct(played.map(({ primary }) => primary)).join(', or ');
  const repaired = played.filter(({ repair }) => repair !== undefined);
  const commands = distinct(repaired.map(({ repair }) => `\`${repair}\``)).join(', ');
  return repaired.length === 0
    ? primaries
    : `${primaries}; ${repaired.length} of ${played.length} times the other one needed ${commands}`;
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

const countsOf = (played: readonly Played[]): readonly string[] =>
  [
    played.length,
    sum(played.map(({ rows }) => rows)),
    sum(played.map(({ lost }) => lost)),
    sum(played.map(({ overlaps }) => overlaps.length)),
  ].map(String);

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const COUNTS = ['times', 'acknowledged', 'lost', 'two at once'];

/** What is alike shares a row: who writes, and who is the primary in the end. */
const keyOf = ({ played, byHeal }: Row): string =>
  [
    [...distinct(played.map(({ writer, gapMs }) => `${writer} ${gapMs < UNNOTICED_MS}`))].sort(),
    ...byHeal.map((each) => [...distinct(each.map(({ primary }) => primary))].sort()),
  ].join('|');

const tableOf = (head: readonly string[], rows: readonly Row[]): string => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const lines = [...groups.values()].map((group) => {
    const played = group.flatMap((row) => row.played);
    const healed = (group[0]?.byHeal ?? []).map((_, i) => group.flatMap(({ byHeal }) => byHeal[i] ?? []));
    return line([
      group.map(({ name }) => name).join('<br>'),
      writesOf(played),
      clientOf(played),
      ...healed.map(afterwardsOf),
      ...countsOf(played),
    ]);
  });
  if (lines.length === 0) return 'Nothing of this has been played yet.';
  const heads = [...head, ...COUNTS];
  return [line(heads), line(heads.map(() => '---')), ...lines].join('\n');
};

const rowsOf = (cases: readonly Case[], played: readonly Played[]): readonly Row[] =>
  distinct(cases.map(beginOf)).flatMap((name) => {
    const byHeal = cases
      .filter((each) => beginOf(each) === name)
      .map((each) => played.filter(({ id, failure }) => id === idOf(each) && failure === undefined));
    const all = byHeal.flat();
    return all.length === 0 ? [] : [{ name, played: all, byHeal }];
  });

const versionLine = (played: readonly Played[]): string => {
  const of = (name: keyof Played['versions']): string =>
    distinct(played.map(({ versions }) => versions[name])).join(', ');
  return `PostgreSQL ${of('postgres')}, Pacemaker ${of('pacemaker')}, Corosync ${of('corosync')}, Linux ${of('kernel')}; pha of the commits ${of('commit')} of the branch on which it was played`;
};

const faultLines = (played: readonly Played[]): string =>
  played
    .filter(isFault)
    .map(
      ({ id, at, versions, lost, overlaps, failure, explanation }) =>
        `- ${at}, pha ${versions.commit}, ${id}: ${failure ?? [`lost ${lost}`, ...overlaps].join('; ')} ${explanation ?? '**Not explained yet.**'}`,
    )
    .join('\n');

const verdictOf = (played: readonly Played[]): string => {
  const faults = played.filter(isFault).length;
  const lost = sum(played.map((each) => each.lost));
  const overlaps = sum(played.map((each) => each.overlaps.length));
  const unproven = played.filter(({ failure }) => failure !== undefined).length;
  const safety = `Acknowledged writes that were lost: ${lost}. Times that both nodes acknowledged at once: ${overlaps}.${unproven === 0 ? '' : ` ${unproven} runs broke off before that was looked at, and are in no table below.`}`;
  return faults === 0
    ? `${safety} After each the cluster was well again.`
    : `${safety}\n\n${faults} of the ${played.length} did not end as they should:\n\n${faultLines(played)}`;
};

export const pageOf = (played: readonly Played[]): string => {
  const known = new Set(CASES.map(idOf));
  const counted = played.filter(({ id }) => known.has(id));
  const cases = distinct(counted.map(({ id }) => id)).length;
  const times = counted.map(({ at }) => at).sort();
  const section = (name: Case['section']): readonly Row[] =>
    rowsOf(
      CASES.filter((each) => each.section === name),
      counted,
    );
  return `# Two nodes and an arbiter: what happened

Written by the runs of \`npm run -s build && npm run -s bench -- two-nodes --write\` on a [lab](lab.md) with the real Corosync, Pacemaker and PostgreSQL, which add to \`bench/two-nodes/results.json\`. Do not edit.
${cases} of ${CASES.length} cases, ${counted.length} times in all, from ${times[0] ?? 'never'} to ${times.at(-1) ?? 'never'} UTC. ${versionLine(counted)}.
\`rep_mode=sync\`, a lease of 12 s, Corosync noticing a cut after about 2 s; a machine of two cores with other work. What the agent's rules come to in a model, with more cases: [two-nodes-cases.md](two-nodes-cases.md). The lock, and why: [distlock.md](distlock.md).

A client writes through the write VIP all the time, and one more inside each node, through its own socket. ${verdictOf(counted)}

P is who was the primary, S its standby, A the arbiter. P ↔ S: they are cut from each other; P → S: only what P sends to S is lost. What is broken stays so until it is decided what comes of it: the other one writes, or the
same one still does when its lease would be over, or nobody has for 50 s. "S, after 15 to 20 s": S writes then, and for so long nobody did. "A client waits": the longest time between two writes of the client of the VIP, from the beginning to when all is well again. Then who is the primary when all is well again, with the other one as its standby; sometimes
that one had to be repaired first, with the command that Pacemaker showed, because it had written what was never acknowledged ([repair.md](repair.md)). "acknowledged" is the number of writes, "lost" how many of them were gone,
"two at once" how often both nodes acknowledged in the same moment.

## One thing

${tableOf(['what happens', 'writes', 'a client waits', 'afterwards'], section('single'))}

## Two cuts

"then": the second begins when it is decided what comes of the first.

${tableOf(['the cuts', 'writes', 'a client waits', 'afterwards, the first healed first', 'the second healed first'], section('pair'))}

## A node is lost while something else is wrong

${tableOf(['what happens', 'writes', 'a client waits', 'afterwards, the first ended first', 'the second ended first'], section('loss'))}
`;
};
