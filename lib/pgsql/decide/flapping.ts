import type { Memory } from '../memory.ts';
import type { Standby } from './standby-view.ts';

/** Losses older than this are forgiven. */
const FLAP_WINDOW_MS = 300_000;
/** A standby that was lost n times must have streamed for n times this long before it is chosen again. */
const FLAP_PENALTY_MS = 10_000;

/** A standby that was lost lately must have streamed for a while: else each loss hangs the commits once more. */
export const isFlapping = (s: Standby, memory: Memory, uptimeMs: number): boolean => {
  const losses = (memory.syncLosses[s.name] ?? []).filter((at) => uptimeMs - at < FLAP_WINDOW_MS);
  return losses.length > 0 && (s.sender?.backendAgeSeconds ?? 0) * 1000 < losses.length * FLAP_PENALTY_MS;
};

export const withLosses = (memory: Memory, names: readonly string[], at: number): Memory => ({
  ...memory,
  syncLosses: {
    ...memory.syncLosses,
    ...Object.fromEntries(names.map((n) => [n, [...earlierLosses(memory.syncLosses[n] ?? [], at), at]])),
  },
});

/**
 * A release that is not confirmed is tried again by each monitor, and is one and the same loss. No standby can be lost
 * twice within the penalty, since it is not chosen again before.
 */
const earlierLosses = (losses: readonly number[], at: number): readonly number[] =>
  losses.filter((t) => at - t < FLAP_WINDOW_MS && at - t >= FLAP_PENALTY_MS);
