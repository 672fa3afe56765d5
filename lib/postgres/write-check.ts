import { type Deadline, sleep, within } from '../system/clock.ts';
import { NO_ANSWER, type ServerAddress, withConnection } from './client.ts';

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

/** By this a session of an earlier check is known. */
const SESSION = 'pha write_check';

const LOOK_AGAIN_MS = 50;

/** pg_stat_activity is read from memory; a role that is no superuser sees the names of its own sessions, which these are. */
const HANGS_SQL = `SELECT count(*) > 0 AS hangs FROM pg_catalog.pg_stat_activity
WHERE application_name = '${SESSION}' AND pid <> pg_catalog.pg_backend_pid()`;

/** disk_full, io_error (PostgreSQL's appendix of error codes). */
const STORAGE_FAILED: readonly (string | undefined)[] = ['53100', '58030'];

/**
 * Can this primary write, to its WAL and to its data directory? PostgreSQL itself tries it, so that nothing of the caller's waits
 * for a disk: a session that hangs is left to itself, and goes when the disk goes on. As long as it is there, it is waited for in
 * place of another one, which would hang beside it.
 */
export const checkWrites = async (address: ServerAddress, deadline: Deadline): Promise<WriteCheck> => {
  const own = { ...address, applicationName: SESSION };
  const limit = within(deadline, WRITE_MS);
  // A busy machine can reach the limit in the middle of a look.
  let hangs = false;
  const result = await withConnection(own, limit, async ({ query }) => {
    const look = async (): Promise<boolean> => (await query(HANGS_SQL))[0]?.hangs === true;
    for (hangs = await look(); hangs; hangs = await look()) await sleep(LOOK_AGAIN_MS);
    for (const statement of WRITE_SQL) await query(statement);
  });
  if (result.ok) return { kind: 'written' };
  const { kind, message, sqlState } = result.failure;
  if (kind === 'timeout' && message === NO_ANSWER)
    return {
      kind: 'failed',
      reason: hangs
        ? 'the write of an earlier monitor has not come to its end'
        : `a write has not come to its end within ${WRITE_MS / 1000} s`,
    };
  return STORAGE_FAILED.includes(sqlState) ? { kind: 'failed', reason: message } : { kind: 'unknown' };
};
