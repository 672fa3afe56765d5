/** What the rounds come to (pure). */
import { median } from '../monitor-report.ts';

/** One round, as far as it came. */
export interface Played {
  /** from 1 */
  readonly round: number;
  readonly seed: number;
  readonly id: string;
  readonly story: string;
  /** UTC, to the second */
  readonly at: string;
  /** the node that each place was */
  readonly cast: Readonly<Record<string, string>>;
  /** the primary in the end */
  readonly primary: string;
  /** the longest time without an acknowledged write of the client at the write VIP */
  readonly gapMs: number;
  /** from the end of the last fault until the cluster was well */
  readonly wellAfterMs: number;
  /** acknowledged writes of the client and of the writers inside the nodes, and those that were gone in the end */
  readonly acked: number;
  readonly lost: readonly string[];
  readonly overlaps: readonly string[];
  /** commands that the cluster named, without which it did not become well */
  readonly help: readonly {
    readonly command: string;
    readonly node: string;
    readonly why: string;
    readonly exitCode: number;
  }[];
  readonly isTidied: boolean;
  /** Nodes whose Pacemaker had failed, and was started again as systemd would. */
  readonly restarted: readonly string[];
  /** of the machine, over a minute, at the end: work that other things do makes everything slower */
  readonly load: number;
  readonly tookMs: number;
  /** why it did not come to its end */
  readonly failure?: string;
}

/** What is wrong with a round, a line each; none: it was survived. */
export const faultsOf = ({ lost, overlaps, help, failure, id }: Played): readonly string[] => [
  ...(lost.length === 0
    ? []
    : [`${lost.length} acknowledged rows are lost: ${lost.slice(0, 10).join(', ')}`]),
  ...overlaps,
  ...(help.length > id.split(' + ').length
    ? [`it took ${help.length} commands: ${help.map(({ command }) => command).join(', ')}`]
    : []),
  ...(failure === undefined ? [] : [failure]),
];

export const isSurvived = (played: Played): boolean => faultsOf(played).length === 0;

export interface FaultFigures {
  readonly fault: string;
  readonly rounds: number;
  readonly survived: number;
  /** without an acknowledged write through the write VIP; null if no round came to its end */
  readonly medianMs: number | null;
  readonly worstMs: number | null;
}

const TWO = 'two at once';

const figuresOf = (fault: string, rounds: readonly Played[]): FaultFigures => {
  const gaps = rounds.filter(({ failure }) => failure === undefined).map(({ gapMs }) => gapMs);
  return {
    fault,
    rounds: rounds.length,
    survived: rounds.filter(isSurvived).length,
    medianMs: gaps.length === 0 ? null : Math.round(median(gaps)),
    worstMs: gaps.length === 0 ? null : Math.max(...gaps),
  };
};

const countOf = (names: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

export interface CampaignReport {
  readonly seed: number;
  readonly rounds: number;
  readonly survived: number;
  readonly acked: number;
  readonly lost: number;
  /** what was run because the cluster named it, by command */
  readonly help: Readonly<Record<string, number>>;
  /** rounds after which the cluster, well already, was asked to forget failures */
  readonly tidied: number;
  /** labs that were made anew after a round that had not come to its end */
  readonly rebuilt: number;
  readonly faults: readonly FaultFigures[];
  readonly played: readonly Played[];
}

/** Faults that came alone each have their own figures; of two at once nobody can tell whose the silence was. */
export const reportOf = (seed: number, played: readonly Played[], rebuilt: number): CampaignReport => {
  const groups = new Map<string, Played[]>();
  for (const each of played) {
    const name = each.id.includes(' + ') ? TWO : each.id;
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return {
    seed,
    rounds: played.length,
    survived: played.filter(isSurvived).length,
    acked: played.reduce((sum, { acked }) => sum + acked, 0),
    lost: played.reduce((sum, { lost }) => sum + lost.length, 0),
    help: countOf(played.flatMap(({ help }) => help.map(({ command }) => command))),
    tidied: played.filter(({ isTidied }) => isTidied).length,
    rebuilt,
    faults: [...groups.entries()]
      .sort(([a], [b]) => Number(a === TWO) - Number(b === TWO) || a.localeCompare(b))
      .map(([fault, rounds]) => figuresOf(fault, rounds)),
    played,
  };
};

const seconds = (ms: number | null): string => (ms === null ? '-' : (ms / 1000).toFixed(1));

const row = ({ fault, rounds, survived, medianMs, worstMs }: FaultFigures): string =>
  [
    fault.padEnd(38),
    String(rounds).padStart(6),
    String(survived).padStart(9),
    seconds(medianMs).padStart(9),
    seconds(worstMs).padStart(8),
  ].join('');

const HEAD = [
  'fault'.padEnd(38),
  'rounds'.padStart(6),
  'survived'.padStart(9),
  'median'.padStart(9),
  'worst'.padStart(8),
].join('');

/** For people; seconds without writes. */
export const reportText = (report: CampaignReport): string => {
  const { rounds, survived, acked, lost, help, tidied, rebuilt, faults, played } = report;
  const commands = Object.entries(help).map(([command, count]) => `${command} ${count} times`);
  const broken = played.filter((each) => !isSurvived(each));
  return [
    `${rounds} rounds, ${survived} survived; ${acked} rows acknowledged, ${lost} lost`,
    `help that was named and run: ${commands.join(', ') || 'none'}; failures forgotten after ${tidied} rounds; labs made anew: ${rebuilt}`,
    '',
    HEAD,
    ...faults.map(row),
    ...broken.flatMap((each) => [
      '',
      `round ${each.round}, --seed ${each.seed} --rounds 1: ${each.story}`,
      ...faultsOf(each).map((fault) => `  ${fault}`),
    ]),
    '',
  ].join('\n');
};
