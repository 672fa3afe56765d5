/** How lately the primary has heard of its standby: what that one's word of the arbiter rests on. */
import type { PrimaryState, Sender } from '../../postgres/server-state.ts';
import type { LockFacts } from '../lock/facts.ts';
import type { LockMemory } from '../lock/memory.ts';

type Reply = LockMemory['reply'];

/** From when a sender has been silent for wal_sender_timeout until it has ended. */
const ENDS_WITHIN_MS = 1_000;

/** Only that a reply is another one counts: its stamp is of the standby's clock. */
export const replyAfter = (
  before: Reply,
  sender: Sender | undefined,
  state: PrimaryState | undefined,
  lock: LockFacts,
): Reply => {
  if (sender?.state !== 'streaming' || state === undefined) return before;
  if (state.version.major < 12) return byTimeout(before, state.settings.walSenderTimeoutMs, lock);
  const [stamp, lookedMs] = [sender.replyTime, lock.sentAtMs];
  if (stamp === undefined) return before;
  if (before === undefined) return { stamp, lookedMs };
  if (stamp === before.stamp) return { ...before, lookedMs };
  return { stamp, sinceMs: before.lookedMs, lookedMs };
};

/**
 * Before PostgreSQL 12 replies have no stamp. A sender that still streams has had one within wal_sender_timeout, for it would have
 * ended: by the wall clock, so that by how much that was set back comes on top.
 */
const byTimeout = (before: Reply, timeoutMs: number | undefined, lock: LockFacts): Reply => {
  if (timeoutMs === undefined || timeoutMs === 0) return before;
  const aheadMs = lock.wallMs - lock.answeredAtMs;
  const furthestMs = Math.max(aheadMs, before?.aheadMs ?? aheadMs);
  const sinceMs = lock.sentAtMs - timeoutMs - ENDS_WITHIN_MS - (furthestMs - aheadMs);
  return { stamp: '', sinceMs, lookedMs: lock.sentAtMs, aheadMs: furthestMs };
};
