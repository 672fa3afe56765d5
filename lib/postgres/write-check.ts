import { type Deadline, within } from '../system/clock.ts';
import { NO_ANSWER, query, type ServerAddress } from './client.ts';

export type WriteCheck =
  | { readonly kind: 'written' }
  /** PostgreSQL could not write, or has not in time */
  | { readonly kind: 'failed'; readonly reason: string }
  /** it says nothing of its storage: no connection is left, or none comes about in time */
  | { readonly kind: 'unknown' };

/** A disk that is only busy, with a checkpoint say, takes less. */
const WRITE_MS = 5_000;

/**
 * One transaction that leaves nothing behind. The message is WAL (since 9.6, at any wal_level), and the commit has it flushed
 * here, waiting for no standby; logical decoding passes it on only to who asks for messages. The snapshot is a file in the data
 * directory, until the transaction ends.
 */
const WRITE_SQL: readonly string[] = [
  'BEGIN READ WRITE',
  'SET LOCAL synchronous_commit TO local',
  `SELECT pg_catalog.pg_logical_emit_message(true, 'pha', 'write_check')`,
  'SELECT pg_catalog.pg_export_snapshot()',
  'COMMIT',
];

/** disk_full, io_error (PostgreSQL's appendix of error codes). */
const STORAGE_FAILED: readonly (string | undefined)[] = ['53100', '58030'];

/**
 * Can this primary write, to its WAL and to its data directory? PostgreSQL itself tries it, so that nothing of the caller's waits
 * for a disk: a session that hangs is left to itself, and goes when the disk goes on.
 */
export const checkWrites = async (address: ServerAddress, deadline: Deadline): Promise<WriteCheck> => {
  const result = await query(address, WRITE_SQL, within(deadline, WRITE_MS));
  if (result.ok) return { kind: 'written' };
  const { kind, message, sqlState } = result.failure;
  if (kind === 'timeout' && message === NO_ANSWER)
    return { kind: 'failed', reason: `a write has not come to its end within ${WRITE_MS / 1000} s` };
  return STORAGE_FAILED.includes(sqlState) ? { kind: 'failed', reason: message } : { kind: 'unknown' };
};
