import type { Row } from '../postgres/client.ts';
import type { FailureKind, QueryFailure } from '../postgres/failure.ts';
import { formatLockId, type LockId, tableOf } from './lock-id.ts';

/** A row of the lock table, with the times that the arbiter has worked out. */
export interface LockState {
  /** Empty when nobody has it. */
  readonly owner: string;
  /** When the owner took or renewed it, by the arbiter's clock, to the microsecond: identifies the lease. */
  readonly renewedAt: string;
  readonly ageMs: number;
  readonly leaseMs: number;
}

/** Why there is no answer. */
export interface LockFailure {
  /**
   * - silent: not reached, or no answer in time. Whether a change was made is not known.
   * - not-initialised: reached, but it has no such table or lock.
   * - refused: reached, and it will not answer before somebody has mended it: login, rights, a standby.
   * - outrun: the lock was changed in the same moment, and this transaction was undone: it has to be asked again. Only where
   *   READ COMMITTED is not the default.
   */
  readonly kind: 'silent' | 'not-initialised' | 'refused' | 'outrun';
  /** One sentence with the values; never a password. */
  readonly sentence: string;
  /** Of `silent`: no session came about, so that certainly nothing was changed. */
  readonly isUnchanged?: true;
}

export type LockAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: LockFailure };

/** `before`: what the lock was, such as another node's that has expired; of a failure, what is in the way. */
export type Acquired =
  | { readonly taken: true; readonly renewedAt: string; readonly before: LockState }
  /** `before` is undefined when another one took it in the same moment. */
  | { readonly taken: false; readonly before: LockState | undefined };

/** One entry of the history. */
export interface OwnerChange {
  readonly owner: string;
  readonly at: string;
  readonly ageMs: number;
}

export const remainingMs = ({ owner, leaseMs, ageMs }: LockState): number =>
  owner === '' ? 0 : Math.max(0, leaseMs - ageMs);

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

/** Undefined when the table has no such lock. */
export const lockStateOf = (row: Row | undefined): LockState | undefined => {
  const [owner, renewedAt] = [text(row?.owner), text(row?.renewed_at)];
  return owner === undefined || renewedAt === undefined
    ? undefined
    : { owner, renewedAt, ageMs: number(row?.age_ms), leaseMs: number(row?.lease_ms) };
};

/** The row of acquireSql(); undefined when the table has no such lock. */
export const acquiredOf = (row: Row | undefined, owner: string): Acquired | undefined => {
  const before = lockStateOf(row);
  if (before === undefined) return undefined;
  const takenAt = text(row?.taken_at);
  if (takenAt !== undefined) return { taken: true, renewedAt: takenAt, before };
  // The row was looked at as it was when the statement began: free then, and taken by another one meanwhile.
  const wasInTheWay = before.owner !== owner && remainingMs(before) > 0;
  return { taken: false, before: wasInTheWay ? before : undefined };
};

export const ownerChangeOf = (row: Row): OwnerChange => ({
  owner: text(row.owner) ?? '',
  at: text(row.at) ?? '',
  ageMs: number(row.age_ms),
});

export const noSuchLock = (where: string, lock: LockId): LockFailure => ({
  kind: 'not-initialised',
  sentence: `${where}: there is no lock "${lock.name}" in the table ${tableOf(lock)}: ${toInitialise(lock)}`,
});

const toInitialise = (lock: LockId): string => `make it with "distlock CONNINFO init ${formatLockId(lock)}"`;

const WITHOUT_SESSION: readonly FailureKind[] = ['refused', 'starting', 'no-hot-standby', 'too-many-clients'];

/** What a failed query means for the lock. Pure. */
export const lockFailureOf = (where: string, lock: LockId, failure: QueryFailure): LockFailure => {
  const { kind, message, sqlState } = failure;
  const refused = (advice: string): LockFailure => ({
    kind: 'refused',
    sentence: `${where}: ${message}: ${advice}`,
  });
  if (sqlState === '42P01' || sqlState === '3F000')
    return { kind: 'not-initialised', sentence: `${where}: ${message}: ${toInitialise(lock)}` };
  if (sqlState === '40001') return { kind: 'outrun', sentence: `${where}: ${message}: do this again` };
  if (sqlState === '42703') return refused(`${tableOf(lock)} is not a lock table; name another one`);
  if (sqlState === '42501') {
    const rights = `SELECT and UPDATE on ${tableOf(lock)}, SELECT and INSERT on its history, USAGE on that one's sequence`;
    return refused(`grant ${rights}; init needs a role that may make tables`);
  }
  if (sqlState === '25006') return refused('this server is a standby; name the one that takes writes');
  if (sqlState === '55P03')
    return refused('another session holds the table; end it (pg_stat_activity), and do this again');
  if (sqlState === '3D000') return refused('make the database, or name another one');
  if (kind === 'auth') return refused('see to the role, its password file and pg_hba.conf');
  if (kind === 'sql') return { kind: 'refused', sentence: `${where}: ${message}` };
  const hint =
    kind === 'timeout' && message === 'no answer in time'
      ? ' (a frozen server, or a session there that keeps the row locked: what was asked may still be done when it goes on; see status)'
      : '';
  const isUnchanged = WITHOUT_SESSION.includes(kind) ? ({ isUnchanged: true } as const) : {};
  return { kind: 'silent', sentence: `${where}: ${message}${hint}`, ...isUnchanged };
};
