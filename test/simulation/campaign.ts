/** Many clusters, one after the other, each from a seed of its own. */
import { type Fault, scheduleOf } from './faults/schedule.ts';
import { below, chance, pick, seeded } from './random.ts';
import type { Rules } from './rules.ts';
import { type Run, runCluster } from './run.ts';
import { shrink } from './shrink.ts';
import type { Settings, StoryLine, Violation } from './world.ts';

export interface Request {
  readonly runs: number;
  readonly seed: number;
  /** undefined: from 2 to 7, mostly 3 */
  readonly nodes: number | undefined;
  /** it ends when it has found so many: each is run again many times until it is short */
  readonly mostFound?: number | undefined;
}

export interface Found {
  readonly seed: number;
  readonly settings: Settings;
  readonly violation: Violation;
  /** shortened */
  readonly faults: readonly Fault[];
  readonly story: readonly StoryLine[];
}

export interface Result {
  readonly runs: number;
  readonly elapsedMs: number;
  readonly simulatedMs: number;
  readonly acknowledged: number;
  readonly helped: number;
  readonly found: readonly Found[];
}

const SIZES = [2, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7] as const;
export const MOST_FOUND = 5;

export const settingsOf = (seed: number, nodes: number | undefined): Settings => {
  const random = seeded(seed ^ 0x2545f491);
  const size = pick(random, SIZES);
  const count = nodes ?? size;
  return {
    seed,
    nodes: count,
    syncDegrade: chance(random, 0.8) ? 'allow' : 'never',
    migrationThreshold: 1 + below(random, 3),
    isWarm: chance(random, 0.9),
    // From chances of its own: seeds of before keep their clusters.
    hasLock: count === 2 && chance(seeded(seed ^ 0x6c6f636b), 0.7),
  };
};

export const simulate = (request: Request, rules: Rules, clock: () => number): Result => {
  const startedMs = clock();
  const found: Found[] = [];
  let runs = 0;
  let simulatedMs = 0;
  let acknowledged = 0;
  let helped = 0;
  for (; runs < request.runs && found.length < (request.mostFound ?? MOST_FOUND); runs++) {
    const seed = (request.seed + runs) | 0;
    const settings = settingsOf(seed, request.nodes);
    const faults = scheduleOf(settings);
    const run = runCluster(settings, faults, rules);
    simulatedMs += run.simulatedMs;
    acknowledged += run.acknowledged;
    if (run.helped > 0) helped++;
    if (run.violation !== undefined) found.push(shortened(seed, settings, faults, rules, run.violation));
  }
  return { runs, elapsedMs: clock() - startedMs, simulatedMs, acknowledged, helped, found };
};

/** Of two parts of one campaign. */
export const joined = (a: Result, b: Result): Result => ({
  runs: a.runs + b.runs,
  elapsedMs: a.elapsedMs + b.elapsedMs,
  simulatedMs: a.simulatedMs + b.simulatedMs,
  acknowledged: a.acknowledged + b.acknowledged,
  helped: a.helped + b.helped,
  found: [...a.found, ...b.found],
});

const shortened = (
  seed: number,
  settings: Settings,
  faults: readonly Fault[],
  rules: Rules,
  { invariant }: Violation,
): Found => {
  const shows = (list: readonly Fault[]): boolean =>
    runCluster(settings, list, rules).violation?.invariant === invariant;
  const few = shrink(faults, shows);
  const story: StoryLine[] = [];
  const { violation }: Run = runCluster(settings, few, rules, story);
  if (violation === undefined) throw new Error(`seed ${seed}: a run is not the same when it is run again`);
  return { seed, settings, violation, faults: few, story };
};
