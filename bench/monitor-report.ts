/** What the measured calls come to, and whether that is within the limits (pure). */
import type { Role } from './monitor-call.ts';

export const AGENTS = ['pha', 'heartbeat'] as const;
export type AgentName = (typeof AGENTS)[number];

export interface Sample {
  readonly wallMs: number;
  /** user and system time of the agent's process and of all that it starts */
  readonly cpuMs: number;
}

/** Medians; all in milliseconds, but the number of process starts. */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly execs: number;
  /** the fastest and the slowest call, to tell how quiet the machine was */
  readonly wallRangeMs: readonly [number, number];
}

export interface Comparison {
  readonly node: string;
  readonly pha: Cost;
  readonly heartbeat: Cost;
  /** of the wall times */
  readonly ratio: number;
}

export type Result = { readonly nodes: number } & { readonly [R in Role]: Comparison };

export interface Report {
  readonly date: string;
  readonly machine: { readonly cores: number; readonly processor: string };
  /** of one minute, before and after */
  readonly loadAverage: readonly [number, number];
  readonly runs: number;
  /** nothing was written to the cluster, or to the agents' settings files, while they were measured; else there is no report */
  readonly unchanged: true;
  readonly results: readonly Result[];
  readonly limits: readonly Limit[];
  readonly met: boolean;
}

export interface Limit {
  readonly what: string;
  readonly value: number;
  readonly atMost: number;
  readonly met: boolean;
}

/** Of the issue that asked for this benchmark. */
const AT_MOST = { primaryRatio: 0.4, primaryExecs: 10, standbyRatio: 1.2 } as const;

/** @throws RangeError without values */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('there is no median of nothing');
  return (lower + upper) / 2;
};

const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));

export const costOf = (samples: readonly Sample[], execs: readonly number[]): Cost => {
  const wall = samples.map(({ wallMs }) => wallMs);
  return {
    wallMs: rounded(median(wall), 1),
    cpuMs: rounded(median(samples.map(({ cpuMs }) => cpuMs)), 1),
    execs: median(execs),
    wallRangeMs: [rounded(Math.min(...wall), 1), rounded(Math.max(...wall), 1)],
  };
};

export const compare = (node: string, costs: Readonly<Record<AgentName, Cost>>): Comparison => ({
  node,
  ...costs,
  ratio: rounded(costs.pha.wallMs / costs.heartbeat.wallMs, 3),
});

const limit = (what: string, value: number, atMost: number): Limit => ({
  what,
  value,
  atMost,
  met: value <= atMost,
});

export const limitsOf = (results: readonly Result[]): Limit[] =>
  results.flatMap(({ nodes, primary, standby }) => [
    limit(`primary, ${nodes} names: ratio of wall time`, primary.ratio, AT_MOST.primaryRatio),
    limit(`primary, ${nodes} names: process starts`, primary.pha.execs, AT_MOST.primaryExecs),
    limit(`standby, ${nodes} names: ratio of wall time`, standby.ratio, AT_MOST.standbyRatio),
  ]);

const COLUMNS = ['', 'wall ms', 'fastest', 'slowest', 'CPU ms', 'process starts'] as const;

const row = (agent: AgentName, { wallMs, wallRangeMs, cpuMs, execs }: Cost): string[] => [
  `  ocf:${agent}:pgsql`,
  ...[wallMs, ...wallRangeMs, cpuMs].map((value) => value.toFixed(1)),
  String(execs),
];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => (index === 0 ? cell.padEnd(22) : cell.padStart((COLUMNS[index]?.length ?? 0) + 2)))
    .join('')
    .trimEnd();

const comparisonLines = (title: string, comparison: Comparison): string[] => [
  `${title} (${comparison.node}): ${comparison.ratio} of the other's wall time`,
  line(COLUMNS),
  ...AGENTS.map((agent) => line(row(agent, comparison[agent]))),
  '',
];

/** For people. */
export const renderReport = (report: Report): string => {
  const { machine, loadAverage, runs, results, limits } = report;
  return [
    `One recurring monitor, medians of ${runs} calls in turn, ${report.date}, ${machine.cores} cores (${machine.processor}),`,
    `load average ${loadAverage.map((load) => load.toFixed(2)).join(' before and ')} after. Nothing was written to the cluster meanwhile.`,
    '',
    ...results.flatMap(({ nodes, primary, standby }) => [
      ...comparisonLines(`Primary, ${nodes} names in node_list`, primary),
      ...comparisonLines(`Standby, ${nodes} names in node_list`, standby),
    ]),
    ...limits.map(
      ({ what, value, atMost, met }) =>
        `${met ? 'met    ' : 'NOT MET'}  ${what}: ${value}, at most ${atMost}`,
    ),
    '',
  ].join('\n');
};
