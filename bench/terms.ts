/** What the attempts of the writers inside the nodes come to (pure). */
import type { Attempt } from '../lab/client/local-writers.ts';

/** A primary's time: each promotion opens a timeline of its own. */
export interface Term {
  readonly node: string;
  readonly timeline: number;
  readonly rows: number;
  readonly firstEndedMs: number;
  readonly lastBeganMs: number;
}

/** In the order in which they acknowledged first. */
export const termsOf = (attempts: readonly Attempt[]): readonly Term[] => {
  const terms = new Map<string, Term>();
  for (const { node, timeline, acknowledged, beganMs, endedMs } of attempts) {
    if (!acknowledged) continue;
    const key = `${node} ${timeline}`;
    const known = terms.get(key);
    terms.set(key, {
      node,
      timeline,
      rows: (known?.rows ?? 0) + 1,
      firstEndedMs: Math.min(known?.firstEndedMs ?? endedMs, endedMs),
      lastBeganMs: Math.max(known?.lastBeganMs ?? beganMs, beganMs),
    });
  }
  return [...terms.values()].sort((a, b) => a.firstEndedMs - b.firstEndedMs);
};

/**
 * Who took a write that it acknowledged after another one, promoted later, had acknowledged one. What was only answered late, as
 * by a node that was frozen in between, is none: it is stored on both, or it is lost, which is looked at as well.
 */
export const overlapsOf = (attempts: readonly Attempt[]): readonly string[] => {
  const terms = termsOf(attempts);
  return terms.flatMap((earlier, i) =>
    terms
      .slice(i + 1)
      .filter(({ node, firstEndedMs }) => node !== earlier.node && earlier.lastBeganMs > firstEndedMs)
      .map(
        (later) =>
          `${earlier.node} (timeline ${earlier.timeline}) and ${later.node} (timeline ${later.timeline}) both acknowledged for ${earlier.lastBeganMs - later.firstEndedMs} ms`,
      ),
  );
};

/** The longest time in which nobody acknowledged anything. */
export const longestGapMs = (attempts: readonly Attempt[], fromMs: number, toMs: number): number => {
  const moments = attempts
    .filter(({ acknowledged, endedMs }) => acknowledged && endedMs > fromMs && endedMs < toMs)
    .map(({ endedMs }) => endedMs)
    .sort((a, b) => a - b);
  const all = [fromMs, ...moments, toMs];
  return Math.max(...all.slice(1).map((at, i) => at - (all[i] ?? at)));
};
