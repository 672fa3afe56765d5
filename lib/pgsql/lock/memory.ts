import { isNumber, isObject, isText } from '../../system/json.ts';

/** What a node remembers of the lock between two operations. All times are milliseconds since boot. */
export interface LockMemory {
  /** of a standby: the first look at the stamp that the lock had last, from after the answer */
  readonly look?: { readonly owner: string; readonly renewedAt: string; readonly atMs: number };
  /** of a standby: the last moment in which its word stood that the arbiter is silent */
  readonly wordAtMs?: number;
  /** of a primary: the newest reply of its standby. It came after `sinceMs`, and was there at `lookedMs`. */
  readonly reply?: {
    readonly stamp: string;
    readonly sinceMs?: number;
    readonly lookedMs: number;
    /** before PostgreSQL 12: the furthest that the wall clock was ahead of the time since boot */
    readonly aheadMs?: number;
  };
  /** of a primary: the guard could not be relied upon at its last monitor */
  readonly guardDoubt?: true;
}

/** Total: what is damaged is forgotten. */
export const parseLockMemory = (raw: unknown): LockMemory | undefined => {
  if (!isObject(raw)) return undefined;
  const { look, reply } = raw;
  return {
    ...(isObject(look) && isText(look.owner) && isText(look.renewedAt) && isNumber(look.atMs)
      ? { look: { owner: look.owner, renewedAt: look.renewedAt, atMs: look.atMs } }
      : {}),
    ...(isNumber(raw.wordAtMs) ? { wordAtMs: raw.wordAtMs } : {}),
    ...(isObject(reply) && isText(reply.stamp) && isNumber(reply.lookedMs)
      ? {
          reply: {
            stamp: reply.stamp,
            lookedMs: reply.lookedMs,
            ...(isNumber(reply.sinceMs) ? { sinceMs: reply.sinceMs } : {}),
            ...(isNumber(reply.aheadMs) ? { aheadMs: reply.aheadMs } : {}),
          },
        }
      : {}),
    ...(raw.guardDoubt === true ? { guardDoubt: true as const } : {}),
  };
};
