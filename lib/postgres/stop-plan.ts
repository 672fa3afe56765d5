/** fast: sessions are ended and the log is flushed. immediate: no checkpoint. kill: SIGKILL. */
export type StopStage = 'fast' | 'immediate' | 'kill';

/** Milliseconds after the beginning at which each stage begins. */
export interface StopPlan {
  readonly immediateAtMs: number;
  readonly killAtMs: number;
}

/** The postmaster itself kills children 5 s after an immediate shutdown began; after that it is stuck. */
const IMMEDIATE_TAKES_AT_MOST_MS = 10_000;

/** The last part of the time is kept for SIGKILL, and one before it for an immediate shutdown. */
const KILL_RESERVE_MS = 3000;
const IMMEDIATE_RESERVE_MS = 6000;

/**
 * Fits the escalation into the time there is: whatever `escalateAfterMs` says, an immediate shutdown and
 * SIGKILL come before the time is over (design, invariant 6).
 */
export const planStop = (escalateAfterMs: number, availableMs: number): StopPlan => {
  const latestKillMs = Math.max(0, availableMs - Math.min(KILL_RESERVE_MS, availableMs / 4));
  const latestImmediateMs = Math.max(0, latestKillMs - Math.min(IMMEDIATE_RESERVE_MS, availableMs / 4));
  const immediateAtMs = Math.max(0, Math.min(escalateAfterMs, latestImmediateMs));
  return { immediateAtMs, killAtMs: Math.min(latestKillMs, immediateAtMs + IMMEDIATE_TAKES_AT_MOST_MS) };
};

export const stageAt = ({ immediateAtMs, killAtMs }: StopPlan, elapsedMs: number): StopStage => {
  if (elapsedMs >= killAtMs) return 'kill';
  return elapsedMs >= immediateAtMs ? 'immediate' : 'fast';
};
