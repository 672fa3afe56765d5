/** What the runs come to (pure). */
import { median } from '../monitor-report.ts';
import {
  BEFORE_MS,
  BUCKET_MS,
  CONTESTANTS,
  type Contestant,
  FAULTS,
  type Fault,
  MARKS,
  type Mark,
  type Play,
} from './plays.ts';

export interface Result {
  readonly agent: Contestant;
  readonly fault: Fault;
  readonly runs: number;
  readonly medianMs: number;
  readonly worstMs: number;
  /** in all runs together */
  readonly lost: number;
  /** runs in which the writes did not come back by themselves */
  readonly neverBack: number;
}

export interface Ratio {
  readonly agent: Contestant;
  readonly fault: Fault;
  readonly to: Contestant;
  /** of the medians */
  readonly ratio: number;
}

/** When a step of the takeover came, after the fault. */
export interface Step {
  readonly agent: Contestant;
  readonly fault: Fault;
  readonly step: Mark['kind'];
  /** of the runs that had it */
  readonly medianMs: number;
}

/**
 * The longest time between two neighbours of which the second came after the fault: a stop that began before it is
 * not of it. Undefined without an acknowledgement on both sides.
 *
 * @param acknowledgedAtMs in order
 */
export const outageOf = (acknowledgedAtMs: readonly number[], faultAtMs: number): number | undefined => {
  let longest: number | undefined;
  acknowledgedAtMs.forEach((at, index) => {
    const before = acknowledgedAtMs[index - 1];
    if (before !== undefined && at > faultAtMs) longest = Math.max(longest ?? 0, at - before);
  });
  return longest;
};

/** How many there are in each `BUCKET_MS`, from `BEFORE_MS` before the fault to the last whole one. */
export const writesAround = (acknowledgedAtMs: readonly number[], faultAtMs: number): number[] => {
  const fromMs = faultAtMs - BEFORE_MS;
  const last = acknowledgedAtMs.at(-1) ?? fromMs;
  const counts = Array.from({ length: Math.max(0, Math.floor((last - fromMs) / BUCKET_MS)) }, () => 0);
  for (const at of acknowledgedAtMs) {
    const bucket = Math.floor((at - fromMs) / BUCKET_MS);
    if (counts[bucket] !== undefined) counts[bucket] += 1;
  }
  return counts;
};

/** In the order of the agents and faults, whatever that of the runs was. */
export const resultsOf = (plays: readonly Play[]): Result[] =>
  FAULTS.flatMap((fault) =>
    CONTESTANTS.flatMap((agent): Result[] => {
      const own = plays.filter((play) => play.agent === agent && play.fault === fault);
      if (own.length === 0) return [];
      const outages = own.map(({ outageMs }) => outageMs);
      return [
        {
          agent,
          fault,
          runs: own.length,
          medianMs: Math.round(median(outages)),
          worstMs: Math.max(...outages),
          lost: own.reduce((sum, { lost }) => sum + lost, 0),
          neverBack: own.filter(({ cameBack }) => !cameBack).length,
        },
      ];
    }),
  );

/** Where the time goes: what comes between two steps of one agent takes what lies between their medians, about. */
export const stepsOf = (plays: readonly Play[]): Step[] =>
  FAULTS.flatMap((fault) =>
    CONTESTANTS.flatMap((agent) => {
      const own = plays.filter((play) => play.agent === agent && play.fault === fault);
      return MARKS.flatMap((step): Step[] => {
        const times = own.flatMap(({ marks }) =>
          marks.filter(({ kind }) => kind === step).map(({ atMs }) => atMs),
        );
        return times.length === 0 ? [] : [{ agent, fault, step, medianMs: Math.round(median(times)) }];
      });
    }),
  );

/** Of each agent to each other one. */
export const ratiosOf = (results: readonly Result[]): Ratio[] =>
  results.flatMap(({ agent, fault, medianMs }) =>
    results
      .filter((other) => other.fault === fault && other.agent !== agent && other.medianMs > 0)
      .map((other) => ({
        agent,
        fault,
        to: other.agent,
        ratio: Number((medianMs / other.medianMs).toFixed(3)),
      })),
  );

/** The run that the median is of, or the one next above it. */
export const typicalPlay = (plays: readonly Play[], agent: Contestant, fault: Fault): Play | undefined => {
  const own = plays
    .filter((play) => play.agent === agent && play.fault === fault)
    .sort((left, right) => left.outageMs - right.outageMs);
  return own[Math.floor(own.length / 2)];
};
