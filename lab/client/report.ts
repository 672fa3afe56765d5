/** What a client of the write VIP saw, and the arithmetic of its gaps. */

export interface ClientReport {
  /** Rows whose commit was acknowledged. */
  readonly acked: number;
  /** Acknowledged rows that were not there at the end. */
  readonly lost: number;
  /** The longest time between two consecutive acknowledgements, long enough to be a gap or not. */
  readonly longestGapMs: number;
  /** All times between consecutive acknowledgements from the threshold on, in order. */
  readonly gapsMs: readonly number[];
  /** Attempts that were not acknowledged: refused, broken off, or not answered in time. */
  readonly errors: number;
  /** Rows that are there although nobody acknowledged them: their commit succeeded, its answer did not arrive. */
  readonly inDoubt: number;
  /** How often each kind of error was seen. */
  readonly errorKinds: Readonly<Record<string, number>>;
  /** The first few of the lost attempts, for finding them in the servers' logs. */
  readonly lostAttempts: readonly number[];
}

export interface GapStatistics {
  readonly longestGapMs: number;
  readonly gapsMs: readonly number[];
}

/**
 * @param acknowledgedAtMs times of the acknowledgements in order, of any clock that does not jump
 * @param thresholdMs the shortest time between two of them that counts as a gap
 */
export const gapStatistics = (acknowledgedAtMs: readonly number[], thresholdMs: number): GapStatistics => {
  const gapsMs: number[] = [];
  let longestGapMs = 0;
  let previous: number | undefined;
  for (const at of acknowledgedAtMs) {
    const gapMs = previous === undefined ? 0 : Math.round(at - previous);
    longestGapMs = Math.max(longestGapMs, gapMs);
    if (previous !== undefined && gapMs >= thresholdMs) gapsMs.push(gapMs);
    previous = at;
  }
  return { longestGapMs, gapsMs };
};

export interface Verification {
  readonly lost: readonly number[];
  readonly inDoubt: number;
}

/** Compares what was acknowledged with what the database holds. */
export const compareRows = (acked: ReadonlySet<number>, stored: ReadonlySet<number>): Verification => ({
  lost: [...acked].filter((attempt) => !stored.has(attempt)),
  inDoubt: [...stored].filter((attempt) => !acked.has(attempt)).length,
});
