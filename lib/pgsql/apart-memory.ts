import { isNumber, isObject, isText } from '../system/json.ts';

/**
 * What a node remembers of its looks at the quorum, see decide/apart.ts; times in ms since boot. Absent: it was without
 * quorum since it saw the other node, or nobody has looked.
 */
export interface Apart {
  /** the last look with quorum */
  readonly lookedMs: number;
  /** how often nodes had joined by then: another text says that the other one was there meanwhile */
  readonly joins: string;
  /** the first one in a row with the other node */
  readonly togetherSinceMs?: number;
  /** the first one in a row without the other node */
  readonly aloneSinceMs?: number;
  /** it has been alone long enough, so that the other one never acts before they are together again */
  readonly mayAct?: true;
}

/** Total: what is damaged is as if nobody had looked. */
export const parseApart = (raw: unknown): Apart | undefined => {
  if (!isObject(raw) || !isNumber(raw.lookedMs) || !isText(raw.joins)) return undefined;
  return {
    lookedMs: raw.lookedMs,
    joins: raw.joins,
    ...(isNumber(raw.togetherSinceMs) ? { togetherSinceMs: raw.togetherSinceMs } : {}),
    ...(isNumber(raw.aloneSinceMs) ? { aloneSinceMs: raw.aloneSinceMs } : {}),
    ...(raw.mayAct === true ? { mayAct: true as const } : {}),
  };
};
