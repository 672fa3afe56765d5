/**
 * Why a server did not answer.
 * - refused: nobody listens there.
 * - starting: it recovers and will answer by itself, or it is a standby that is not yet consistent.
 * - stopping: it shuts down, or ended the connection because it does.
 * - no-hot-standby: a standby with `hot_standby = off`. It lives, but never answers. Before 14 it says that it is starting.
 * - too-many-clients: it lives, but has no free connection.
 * - auth: role, password or pg_hba.conf.
 * - timeout: no answer before the deadline.
 * - sql: the statement failed.
 * - other: everything else, such as an unknown host.
 */
export type QueryFailure = {
  readonly kind:
    | 'refused'
    | 'starting'
    | 'stopping'
    | 'no-hot-standby'
    | 'too-many-clients'
    | 'auth'
    | 'timeout'
    | 'sql'
    | 'other';
  /** One line; never holds a password. */
  readonly message: string;
  readonly sqlState?: string;
};

export type FailureKind = QueryFailure['kind'];

/**
 * The server lives, and says itself that it does not let this connection in: pg_hba.conf, role, password, database (SQLSTATE 28xxx,
 * 42501, 3D000), or no connection left (53300). A password file that cannot be read says nothing of the server.
 */
export const isRefusal = ({ kind, sqlState }: QueryFailure): boolean =>
  kind === 'too-many-clients' || (kind === 'auth' && sqlState !== undefined) || sqlState === '3D000';

interface ErrorFields {
  readonly message: string;
  readonly code?: string;
  readonly detail?: string;
  /** Of a system error: the call that failed. A file that is not there is no refused connection. */
  readonly syscall?: string;
}

const fieldsOf = (error: unknown): ErrorFields => {
  if (!(error instanceof Error)) return { message: String(error) };
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [code, detail, syscall] = [text('code'), text('detail'), text('syscall')];
  return {
    message: error.message,
    ...(code ? { code } : {}),
    ...(detail ? { detail } : {}),
    ...(syscall ? { syscall } : {}),
  };
};

/**
 * 57P03 says that the server lives but takes nobody (postmaster.c). Why is in the text only, which may be
 * translated by lc_messages: a text that is not understood counts as starting. Who must know better reads the
 * status in postmaster.pid.
 */
const cannotConnectNow = (text: string): FailureKind => {
  if (/shutting down/.test(text)) return 'stopping';
  return /Hot standby mode is disabled/i.test(text) ? 'no-hot-standby' : 'starting';
};

const SQL_STATE = /^[0-9A-Z]{5}$/;

const kindOfSqlState = (sqlState: string, text: string, phase: 'connect' | 'query'): FailureKind => {
  if (sqlState === '57P03') return cannotConnectNow(text);
  if (sqlState === '57P01' || sqlState === '57P02') return 'stopping';
  if (sqlState === '53300') return 'too-many-clients';
  // 42501 while connecting: the role may not open a replication connection.
  if (sqlState.startsWith('28') || (sqlState === '42501' && phase === 'connect')) return 'auth';
  return 'sql';
};

/**
 * EAGAIN from connect() on a Unix socket: the queue is full since nobody accepts, as with a frozen server.
 */
const kindOfSystemError = ({ code, message, syscall }: ErrorFields): FailureKind => {
  if (code === 'ECONNREFUSED' || (code === 'ENOENT' && syscall === 'connect')) return 'refused';
  if (code === 'ETIMEDOUT' || code === 'EAGAIN') return 'timeout';
  return /password/i.test(message) ? 'auth' : 'other';
};

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ');

/** Sorts what the driver or the system threw. `phase` tells whether the connection was already there. */
export const failureOf = (error: unknown, phase: 'connect' | 'query'): QueryFailure => {
  const fields = fieldsOf(error);
  const { message, code, detail } = fields;
  const text = oneLine(detail === undefined ? message : `${message}: ${detail}`);
  if (code !== undefined && SQL_STATE.test(code) && !/^E[A-Z]+$/.test(code)) {
    return { kind: kindOfSqlState(code, text, phase), message: text, sqlState: code };
  }
  return { kind: kindOfSystemError(fields), message: text };
};

/** Insurance: whatever a message repeats, it is not the password. */
export const withoutPassword = (failure: QueryFailure, password: string | undefined): QueryFailure =>
  password ? { ...failure, message: failure.message.replaceAll(password, '********') } : failure;
