/** What a run of the benchmark says, and that for people (pure). */
import type { CorosyncTiming } from '../../lab/index.ts';
import type { Limit } from '../monitor-report.ts';
import type { Ratio, Result, Step } from './figures.ts';
import type { Play } from './plays.ts';
import { LABELS } from './words.ts';

export interface Report {
  readonly date: string;
  readonly corosync: CorosyncTiming;
  readonly machine: { readonly cores: number; readonly processor: string };
  /** of one minute, before and after */
  readonly loadAverage: readonly [number, number];
  readonly results: readonly Result[];
  readonly ratios: readonly Ratio[];
  readonly steps: readonly Step[];
  readonly limits: readonly Limit[];
  /** runs that did not come to their end, and count for nothing */
  readonly failures: readonly string[];
  readonly plays: readonly Play[];
}

const COLUMNS = ['fault', 'agent', 'runs', 'median ms', 'worst ms', 'lost', 'to floor'] as const;

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, index) => (index < 2 ? cell.padEnd(11) : cell.padStart((COLUMNS[index]?.length ?? 0) + 3)))
    .join('')
    .trimEnd();

const row = (result: Result, ratios: readonly Ratio[]): string => {
  const { agent, fault, runs, medianMs, worstMs, lost, neverBack } = result;
  const toFloor = ratios.find((each) => each.agent === agent && each.fault === fault && each.to === 'floor');
  const cells = [fault, agent, String(runs), String(medianMs), String(worstMs), String(lost)];
  const remark = neverBack === 0 ? '' : `   (not back within that time: ${neverBack} of ${runs})`;
  return line([...cells, toFloor?.ratio.toFixed(2) ?? '']) + remark;
};

/** The steps of one agent in one fault, in a line. */
const stepLine = (result: Result, steps: readonly Step[]): string => {
  const told = steps
    .filter(({ agent, fault }) => agent === result.agent && fault === result.fault)
    .sort((left, right) => left.medianMs - right.medianMs)
    .map(({ step, medianMs }) => `${LABELS[step]} ${medianMs}`);
  return `${result.fault.padEnd(11)}${result.agent.padEnd(11)}${told.join(', ')}`;
};

export const renderReport = (report: Report): string => {
  const { date, corosync, machine, loadAverage, results, ratios, steps, limits, failures } = report;
  const loads = loadAverage.map((load) => load.toFixed(1)).join(' before and ');
  return [
    `Time without acknowledged writes, ${date}, Corosync's timing: ${corosync}, ${machine.cores} cores (${machine.processor}),`,
    `load average ${loads} after.`,
    '',
    line(COLUMNS),
    ...results.map((result) => row(result, ratios)),
    '',
    'Steps of the takeover, medians of the ms since the fault, or since the switch was asked for:',
    ...results.map((result) => stepLine(result, steps)),
    '',
    ...limits.map(
      ({ what, value, atMost, met }) =>
        `${met ? 'met    ' : 'NOT MET'}  ${what}: ${value}, at most ${atMost}`,
    ),
    ...failures.map((failure) => `FAILED   ${failure}`),
    '',
  ].join('\n');
};
