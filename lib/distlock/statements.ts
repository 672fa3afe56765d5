/**
 * The statements of the lock. All time in them is the arbiter's: nothing that a client's clock says is sent or compared.
 */
import { literal } from '../postgres/statements.ts';
import { type LockId, tableOf } from './lock-id.ts';

/** Of the moment in which the row is looked at: a statement that had to wait for another one must not use its beginning. */
const NOW = 'pg_catalog.clock_timestamp()';

/** Exact, and the same whatever DateStyle and TimeZone are. */
const stamp = (column: string): string =>
  `pg_catalog.to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** float8: before 14 extract() has it anyway, and pg makes a number of it. */
const milliseconds = (interval: string): string =>
  `(pg_catalog.date_part('epoch', ${interval}) * 1000)::pg_catalog.float8`;

const stateColumns = `l.owner, ${stamp('l.ts')} AS renewed_at, ${milliseconds(`${NOW} - l.ts`)} AS age_ms,
  ${milliseconds('l.expired_time')} AS lease_ms`;

/** What the arbiter has promised it must know after a crash, whatever this role's setting is. */
const DURABLE = `pg_catalog.set_config('synchronous_commit',
    CASE pg_catalog.current_setting('synchronous_commit') WHEN 'off' THEN 'local'
      ELSE pg_catalog.current_setting('synchronous_commit') END, true)`;

/** One row, also where there is no such lock: then all of it is null. */
const alwaysOneRow = (lock: LockId): string =>
  `FROM (VALUES (1)) AS one LEFT JOIN ${tableOf(lock)} AS l ON l.lockname = ${literal(lock.name)}`;

export interface Acquisition {
  readonly owner: string;
  readonly leaseMs: number;
  /**
   * Only if the row still has this stamp, and then whatever the arbiter's clock says: who gives it has seen by a clock of his own
   * that nobody has renewed it for a whole lease. The arbiter's may have been set back meanwhile.
   */
  readonly ifRenewedAt?: string;
  /** Only while the same owner has this other lock of the table, too. */
  readonly ifOwnerOf?: string;
}

/**
 * Takes the lock if it is free, its owner's already, or expired, and says what it was before. PostgreSQL has the updates
 * of one row wait for each other and looks at the row anew after that: of two nodes one gets it.
 */
export const acquireSql = (lock: LockId, { owner, leaseMs, ifRenewedAt, ifOwnerOf }: Acquisition): string =>
  `WITH taken AS (
  UPDATE ${tableOf(lock)} AS l
     SET owner = ${literal(owner)}, ts = ${NOW}, expired_time = ${literal(`${Math.round(leaseMs) / 1000} seconds`)}
   WHERE l.lockname = ${literal(lock.name)}
     AND ${
       ifRenewedAt === undefined
         ? `(l.owner IN (${literal(owner)}, '') OR ${NOW} > l.ts + l.expired_time)`
         : `${stamp('l.ts')} = ${literal(ifRenewedAt)}`
     }${
       ifOwnerOf === undefined
         ? ''
         : `
     AND EXISTS (SELECT FROM ${tableOf(lock)} AS o WHERE o.lockname = ${literal(ifOwnerOf)} AND o.owner = ${literal(owner)})`
     }
  RETURNING ${stamp('l.ts')} AS at)
SELECT (SELECT at FROM taken) AS taken_at, ${stateColumns},
  ${DURABLE}
${alwaysOneRow(lock)}`;

/**
 * Gives the lease back that has this stamp and no other: a release that a slow arbiter carries out later, when the same
 * owner has long taken the lock again, must not take that away.
 */
export const releaseSql = (lock: LockId, owner: string, renewedAt: string): string =>
  `WITH released AS (
  UPDATE ${tableOf(lock)} AS l SET owner = '', ts = ${NOW}, expired_time = '-1 second'
   WHERE l.lockname = ${literal(lock.name)} AND l.owner = ${literal(owner)} AND ${stamp('l.ts')} = ${literal(renewedAt)}
  RETURNING 1)
SELECT EXISTS (SELECT FROM released) AS released, ${DURABLE}`;

export const lookSql = (lock: LockId): string => `SELECT ${stateColumns}\n${alwaysOneRow(lock)}`;

/** What the server that decides must be: it keeps what it has promised, takes writes, and is none of those it decides about. */
export const SERVER_SQL = `SELECT pg_catalog.current_setting('fsync') AS fsync,
  pg_catalog.pg_is_in_recovery() AS in_recovery,
  (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS system_identifier`;

/** The last changes of the owner, the newest first; an empty owner is a release. */
export const historySql = (lock: LockId, limit: number): string =>
  `SELECT h.owner, ${stamp('h.ts')} AS at, ${milliseconds(`${NOW} - h.ts`)} AS age_ms
  FROM ${tableOf(lock, '_history')} AS h WHERE h.lockname = ${literal(lock.name)} ORDER BY h.id DESC LIMIT ${limit}`;
