import { type Deadline, onExpiry } from '../system/clock.ts';
import type { ServerAddress } from './address.ts';
import { close, type Opened, open } from './connection.ts';
import { failureOf, type QueryFailure, withoutPassword } from './failure.ts';
import type { Attempt } from './tls.ts';
import { attemptsFor } from './tls.ts';
import type { ServerVersion } from './version.ts';

export type { ServerAddress } from './address.ts';
export { isRefusal, type QueryFailure } from './failure.ts';

export type Row = Readonly<Record<string, unknown>>;

export type QueryResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: QueryFailure };

/**
 * An open connection. Its functions reject with whatever the driver throws; {@link withConnection} sorts it.
 */
export interface Connection {
  /** Of the simple protocol: several statements may stand in one text; the rows are those of the last. */
  readonly query: (sql: string) => Promise<readonly Row[]>;
  readonly serverVersion: ServerVersion | undefined;
}

/** Of a session that came about, and did not answer. */
export const NO_ANSWER = 'no answer in time';
const TIMED_OUT = new Error(NO_ANSWER);
const INTERRUPTED = new Error('interrupted');

/** As libpq with `prefer`: no TLS there, or pg_hba.conf has no line for an encrypted connection. */
const isWorthPlain = (error: unknown): boolean =>
  error instanceof Error &&
  (/does not support SSL/.test(error.message) || Reflect.get(error, 'code') === '28000');

const attemptOnce = async <T>(
  address: ServerAddress,
  attempt: Attempt,
  deadline: Deadline,
  use: (connection: Connection) => Promise<T>,
  interrupted: AbortSignal | undefined,
): Promise<{ result: QueryResult<T>; tryPlain: boolean }> => {
  let phase: 'connect' | 'query' = 'connect';
  let opened: Opened | undefined;
  let stopWatching = (): void => {};
  const givenUp = new Promise<never>((_, reject) => {
    const interrupt = (): void => reject(INTERRUPTED);
    const cancel = onExpiry(deadline, () => reject(TIMED_OUT));
    interrupted?.addEventListener('abort', interrupt);
    if (interrupted?.aborted) interrupt();
    stopWatching = () => {
      cancel();
      interrupted?.removeEventListener('abort', interrupt);
    };
  });
  givenUp.catch(() => {});
  try {
    const started = open(address, attempt);
    opened = started.opened;
    const { client, serverVersion } = opened;
    await Promise.race([started.connected, givenUp]);
    phase = 'query';
    const query = async (sql: string): Promise<readonly Row[]> => {
      const results = await client.query(sql);
      return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
    };
    const value = await Promise.race([use({ query, serverVersion: serverVersion() }), givenUp]);
    close(opened);
    return { result: { ok: true, value }, tryPlain: false };
  } catch (error) {
    opened?.socket.destroy();
    const failure: QueryFailure =
      error === TIMED_OUT
        ? { kind: 'timeout', message: phase === 'connect' ? 'no connection in time' : TIMED_OUT.message }
        : failureOf(error, phase);
    const redacted = withoutPassword(failure, address.password);
    return { result: { ok: false, failure: redacted }, tryPlain: phase === 'connect' && isWorthPlain(error) };
  } finally {
    stopWatching();
  }
};

/**
 * Opens a connection, lets `use` work with it, and ends it. Never rejects. The deadline covers everything;
 * when it comes, or on an interruption, the socket is destroyed, so that neither a frozen server nor a lost network
 * keeps the process.
 */
export const withConnection = async <T>(
  address: ServerAddress,
  deadline: Deadline,
  use: (connection: Connection) => Promise<T>,
  interrupted?: AbortSignal,
): Promise<QueryResult<T>> => {
  const [first, second] = attemptsFor(address.host, address.tls?.mode ?? 'prefer');
  const { result, tryPlain } = await attemptOnce(address, first, deadline, use, interrupted);
  if (!tryPlain || second === undefined) return result;
  return (await attemptOnce(address, second, deadline, use, interrupted)).result;
};

/** One connection, the statements one after the other, and the rows of each. */
export const query = async (
  address: ServerAddress,
  sql: string | readonly string[],
  deadline: Deadline,
  interrupted?: AbortSignal,
): Promise<
  | { readonly ok: true; readonly rows: readonly (readonly Row[])[] }
  | { readonly ok: false; readonly failure: QueryFailure }
> => {
  const askAll = async (connection: Connection): Promise<(readonly Row[])[]> => {
    const rows: (readonly Row[])[] = [];
    for (const statement of typeof sql === 'string' ? [sql] : sql)
      rows.push(await connection.query(statement));
    return rows;
  };
  const result = await withConnection(address, deadline, askAll, interrupted);
  return result.ok ? { ok: true, rows: result.value } : result;
};
