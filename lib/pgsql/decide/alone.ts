/**
 * Two nodes and an arbiter: the row `#alone` says who has stopped waiting for its standby, and so may hold commits that nobody
 * else has. It stands where the copies of a majority stand with three nodes (invariant 2): whatever becomes of this node's copy
 * of the CIB, which Pacemaker writes to disk some time after it has changed.
 */
import type { Held } from '../../distlock/arbiter.ts';
import type { Lsn } from '../../postgres/lsn.ts';
import type { SyncNames } from '../../postgres/sync-names.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';

/** What the arbiter has just told the owner of the lock. */
const heldBy = ({ lock }: Snapshot): Held | undefined =>
  lock?.question.kind === 'renewed' && lock.question.answer.ok ? lock.question.answer.value : undefined;

/** Who has the row, if the arbiter has just said so to the owner of the lock; '' when nobody has it. */
export const aloneOwner = (snapshot: Snapshot, { repMode }: PgsqlConfig): string | undefined =>
  repMode === 'sync' ? heldBy(snapshot)?.aloneOwner : undefined;

/** There is an arbiter, and nothing is known of the row at this moment. */
export const isRowUnknown = (snapshot: Snapshot, { lock, repMode }: PgsqlConfig): boolean =>
  lock !== undefined && repMode === 'sync' && heldBy(snapshot) === undefined;

/**
 * While this node has the row, what the cluster says of its standby proves nothing: the mark may be of before the row was
 * taken, in a copy of the CIB that had not reached the disk when the power went.
 */
export const marksProveNothing = (snapshot: Snapshot, config: PgsqlConfig): boolean =>
  aloneOwner(snapshot, config) === snapshot.self;

/** Has this very operation seen that commits wait for these, and that the node has flushed past where that began? (planToMark) */
export const isProven = (
  { waitingSince }: Memory,
  waiting: SyncNames,
  node: string,
  flushed: Lsn | undefined,
): boolean =>
  waitingSince !== undefined &&
  waiting.kind === 'all' &&
  waiting.nodes.includes(node) &&
  waitingSince.nodes === waiting.nodes.join(' ') &&
  flushed !== undefined &&
  flushed >= waitingSince.position;
