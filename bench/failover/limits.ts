/** What pha is to reach beside the others (pure). The limits are those of the issue that asked for the benchmark. */
import type { CorosyncTiming } from '../../lab/index.ts';
import type { Limit } from '../monitor-report.ts';
import type { Ratio, Result } from './figures.ts';
import type { Contestant, Fault } from './plays.ts';

type RatioLimit = readonly [fault: Fault, to: Contestant, atMost: number];

const RATIOS: Readonly<Record<CorosyncTiming, readonly RatioLimit[]>> = {
  fast: [
    ['kill9', 'heartbeat', 0.35],
    ['kill9', 'paf', 0.35],
    ['kill9', 'floor', 4],
    ['cut', 'heartbeat', 1],
    ['cut', 'paf', 1],
    ['cut', 'floor', 1.35],
    ['poweroff', 'heartbeat', 1],
    ['poweroff', 'paf', 1],
    ['poweroff', 'floor', 1.35],
  ],
  default: (['kill9', 'cut', 'poweroff', 'switch'] as const).flatMap((fault) =>
    (['heartbeat', 'paf'] as const).map((to): RatioLimit => [fault, to, 1]),
  ),
};

const SWITCH_AT_MOST_MS = 1_500;

const limit = (what: string, value: number, atMost: number): Limit => ({
  what,
  value,
  atMost,
  met: value <= atMost,
});

/** Those that can be told from what was run. */
export const limitsOf = (
  results: readonly Result[],
  ratios: readonly Ratio[],
  corosync: CorosyncTiming,
): Limit[] => {
  const own = results.filter(({ agent }) => agent === 'pha');
  return [
    ...RATIOS[corosync].flatMap(([fault, to, atMost]) =>
      ratios
        .filter((ratio) => ratio.agent === 'pha' && ratio.fault === fault && ratio.to === to)
        .map(({ ratio }) => limit(`${fault}: ratio of pha to ${to}`, ratio, atMost)),
    ),
    ...own
      .filter(({ fault }) => fault === 'switch' && corosync === 'fast')
      .map(({ medianMs }) => limit('switch: ms of pha without writes', medianMs, SWITCH_AT_MOST_MS)),
    ...own.map(({ fault, lost }) => limit(`${fault}: acknowledged rows that pha lost`, lost, 0)),
    ...own.map(({ fault, neverBack }) =>
      limit(`${fault}: runs in which pha did not come back`, neverBack, 0),
    ),
  ];
};
