/** What the clients of the VIPs saw, and the arithmetic of their gaps. */

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

/** What a client of the read VIP saw, which opens a connection for each read. */
export interface ReadReport {
  /** Reads by the name of the server that answered. */
  readonly servers: Readonly<Record<string, number>>;
  /** The longest time between two consecutive answers. */
  readonly longestGapMs: number;
  readonly gapsMs: readonly number[];
  /** Connections that were refused, or not answered in time. */
  readonly errors: number;
  readonly reads: number;
  /** The most answers in a row that came from one server: 1 if two or more took turns. */
  readonly longestRun: number;
  readonly errorKinds: Readonly<Record<string, number>>;
}

/** The length of the longest sequence of equal neighbours. */
export const longestRun = (answers: readonly string[]): number => {
  let longest = 0;
  let current = 0;
  answers.forEach((answer, index) => {
    current = answer === answers[index - 1] ? current + 1 : 1;
    longest = Math.max(longest, current);
  });
  return longest;
};

/** An error in a few words, the same for each of its kind. */
export const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined ? error.message : `${code} ${error.message}`;
};
