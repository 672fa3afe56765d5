/** When it is decided what comes of a trouble (pure). */
import type { Attempt } from '../../lab/client/local-writers.ts';

/** For how long the one that was the primary has to go on before that is the outcome, and for how long nobody may write. */
export interface Patience {
  readonly goesOnMs: number;
  readonly silenceMs: number;
}

const ROWS_OF_A_NEW_PRIMARY = 5;
const ROWS_OF_THE_OLD_ONE = 10;
const NEWEST_MS = 5_000;

export interface Look {
  /** of all nodes */
  readonly attempts: readonly Attempt[];
  /** who wrote when the trouble began; undefined: nobody */
  readonly before: string | undefined;
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * What has come of a trouble: another one writes; or the same still does when it would have had to stop; or nobody has for
 * longer than any takeover takes (''). Undefined as long as that is open.
 */
export const decidedWriter = (
  { attempts, before, sinceMs, nowMs }: Look,
  { goesOnMs, silenceMs }: Patience,
): string | undefined => {
  const since = (fromMs: number): readonly Attempt[] =>
    attempts.filter(({ acknowledged, beganMs }) => acknowledged && beganMs > Math.max(fromMs, sinceMs));
  const newest = since(nowMs - NEWEST_MS);
  const [writer, ...more] = [...new Set(newest.map(({ node }) => node))];
  if (more.length > 0) return undefined;
  if (writer !== undefined && writer !== before && newest.length >= ROWS_OF_A_NEW_PRIMARY) return writer;
  const later = since(sinceMs + goesOnMs).filter(({ node }) => node === before);
  if (writer === before && later.length >= ROWS_OF_THE_OLD_ONE) return before;
  const isSilent = since(nowMs - silenceMs).length === 0 && nowMs > sinceMs + silenceMs;
  return isSilent ? '' : undefined;
};
