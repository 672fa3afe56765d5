import type { ServerAddress } from '../postgres/address.ts';
import { query, type Row } from '../postgres/client.ts';
import type { Deadline } from '../system/clock.ts';
import {
  type Acquired,
  acquiredOf,
  type LockAnswer,
  type LockState,
  lockFailureOf,
  lockStateOf,
  noSuchLock,
  type OwnerChange,
  ownerChangeOf,
} from './answer.ts';
import { aloneOf, databaseOf, type LockId } from './lock-id.ts';
import { initSql } from './schema.ts';
import { type Acquisition, acquireSql, historySql, lookSql, releaseSql, SERVER_SQL } from './statements.ts';

/** A lock, and the server that decides about it: exactly one, or it would decide nothing. */
export interface Arbiter {
  readonly address: ServerAddress;
  readonly lock: LockId;
}

const nameOf = ({ address: { host, port } }: Arbiter): string => `the arbiter ${host}:${port}`;

/** One connection for each question: a lock that is asked for every three seconds needs no session that could hang. */
const ask = async (
  arbiter: Arbiter,
  sql: string | readonly string[],
  deadline: Deadline,
): Promise<LockAnswer<readonly (readonly Row[])[]>> => {
  const address = { ...arbiter.address, applicationName: 'pha-distlock' };
  for (;;) {
    const answer = await query(address, sql, deadline);
    if (answer.ok) return { ok: true, value: answer.rows };
    const failure = lockFailureOf(nameOf(arbiter), arbiter.lock, answer.failure);
    // It tells nothing of who has the lock now: as a rule it was the same owner, whose guard renews, too.
    if (failure.kind !== 'outrun' || deadline.expired()) return { ok: false, failure };
  }
};

const missing = (arbiter: Arbiter): LockAnswer<never> => ({
  ok: false,
  failure: noSuchLock(nameOf(arbiter), arbiter.lock),
});

/**
 * Takes the lock, or renews it for its owner. The lease counts from the moment in which this is called, at the latest: the
 * arbiter counts from a later one. After a failure `silent` the arbiter may still carry it out, and the lock be taken.
 */
export const acquire = async (
  arbiter: Arbiter,
  acquisition: Acquisition,
  deadline: Deadline,
): Promise<LockAnswer<Acquired>> => {
  const answer = await ask(arbiter, acquireSql(arbiter.lock, acquisition), deadline);
  if (!answer.ok) return answer;
  const acquired = acquiredOf(answer.value[0]?.[0], acquisition.owner);
  return acquired === undefined ? missing(arbiter) : { ok: true, value: acquired };
};

/** The rows beside a lock of two nodes, read after it: who has them. Empty: nobody has; undefined: the table has no such row. */
export interface Beside {
  /** `#alone`: the node that goes on without its standby. */
  readonly aloneOwner: string | undefined;
  /** `#database`: the system identifier of the database that the lock is of. */
  readonly database: string | undefined;
}

const besideSql = (lock: LockId): readonly string[] => [lookSql(aloneOf(lock)), lookSql(databaseOf(lock))];

const besideOf = ([alone, database]: readonly (readonly Row[])[]): Beside => ({
  aloneOwner: lockStateOf(alone?.[0])?.owner,
  database: lockStateOf(database?.[0])?.owner,
});

/** What a node of a cluster of two learns about the lock in one connection. */
export interface Held extends Beside {
  readonly acquired: Acquired;
}

export interface Seen extends Beside {
  readonly state: LockState;
}

/** acquire(), and then the rows beside it. */
export const hold = async (
  arbiter: Arbiter,
  acquisition: Acquisition,
  deadline: Deadline,
): Promise<LockAnswer<Held>> => {
  const { lock } = arbiter;
  const answer = await ask(arbiter, [acquireSql(lock, acquisition), ...besideSql(lock)], deadline);
  if (!answer.ok) return answer;
  const [[row] = [], ...beside] = answer.value;
  const acquired = acquiredOf(row, acquisition.owner);
  return acquired === undefined ? missing(arbiter) : { ok: true, value: { acquired, ...besideOf(beside) } };
};

export const see = async (arbiter: Arbiter, deadline: Deadline): Promise<LockAnswer<Seen>> => {
  const { lock } = arbiter;
  const answer = await ask(arbiter, [lookSql(lock), ...besideSql(lock)], deadline);
  if (!answer.ok) return answer;
  const [[row] = [], ...beside] = answer.value;
  const state = lockStateOf(row);
  return state === undefined ? missing(arbiter) : { ok: true, value: { state, ...besideOf(beside) } };
};

/** Gives the lock back, if this owner has it; false if not. */
export const release = async (
  arbiter: Arbiter,
  owner: string,
  deadline: Deadline,
): Promise<LockAnswer<boolean>> => {
  for (;;) {
    const state = await look(arbiter, deadline);
    if (!state.ok) return state;
    if (state.value.owner !== owner) return { ok: true, value: false };
    const answer = await ask(arbiter, releaseSql(arbiter.lock, owner, state.value.renewedAt), deadline);
    if (!answer.ok) return answer;
    // Not released: renewed between the two questions, or another one's by now.
    if (answer.value[0]?.[0]?.released === true) return { ok: true, value: true };
  }
};

export const look = async (arbiter: Arbiter, deadline: Deadline): Promise<LockAnswer<LockState>> => {
  const answer = await ask(arbiter, lookSql(arbiter.lock), deadline);
  if (!answer.ok) return answer;
  const state = lockStateOf(answer.value[0]?.[0]);
  return state === undefined ? missing(arbiter) : { ok: true, value: state };
};

export interface LockReport {
  readonly state: LockState;
  /** The newest first. */
  readonly history: readonly OwnerChange[];
}

/** The lock and the last changes of its owner. */
export const report = async (
  arbiter: Arbiter,
  limit: number,
  deadline: Deadline,
): Promise<LockAnswer<LockReport>> => {
  const { lock } = arbiter;
  const answer = await ask(arbiter, [lookSql(lock), historySql(lock, limit)], deadline);
  if (!answer.ok) return answer;
  const [[row] = [], history = []] = answer.value;
  const state = lockStateOf(row);
  return state === undefined
    ? missing(arbiter)
    : { ok: true, value: { state, history: history.map(ownerChangeOf) } };
};

/** What operators are told of the lock of two nodes. */
export interface Survey extends LockReport {
  /** The row `#alone`; undefined when the table has none. */
  readonly alone: LockState | undefined;
  readonly database: Beside['database'];
}

/** report(), and the rows beside the lock, in one connection. */
export const survey = async (
  arbiter: Arbiter,
  limit: number,
  deadline: Deadline,
): Promise<LockAnswer<Survey>> => {
  const { lock } = arbiter;
  const sql = [lookSql(lock), ...besideSql(lock), historySql(lock, limit)];
  const answer = await ask(arbiter, sql, deadline);
  if (!answer.ok) return answer;
  const [[row] = [], [alone] = [], [database] = [], history = []] = answer.value;
  const state = lockStateOf(row);
  if (state === undefined) return missing(arbiter);
  const beside = { alone: lockStateOf(alone), database: lockStateOf(database)?.owner };
  return { ok: true, value: { state, ...beside, history: history.map(ownerChangeOf) } };
};

/** What the server is that decides. */
export interface ArbiterServer {
  readonly fsync: boolean;
  readonly inRecovery: boolean;
  readonly systemIdentifier: string;
}

export interface Inspection extends Pick<Survey, 'state' | 'alone' | 'database'> {
  readonly server: ArbiterServer;
}

/** The lock, the rows beside it, and whether the server serves as an arbiter, in one connection. */
export const inspect = async (arbiter: Arbiter, deadline: Deadline): Promise<LockAnswer<Inspection>> => {
  const { lock } = arbiter;
  const answer = await ask(arbiter, [lookSql(lock), ...besideSql(lock), SERVER_SQL], deadline);
  if (!answer.ok) return answer;
  const [[row] = [], [alone] = [], [database] = [], [server] = []] = answer.value;
  const state = lockStateOf(row);
  if (state === undefined) return missing(arbiter);
  const beside = { alone: lockStateOf(alone), database: lockStateOf(database)?.owner };
  return { ok: true, value: { state, ...beside, server: arbiterServerOf(server) } };
};

const arbiterServerOf = (row: Row | undefined): ArbiterServer => ({
  fsync: row?.fsync === 'on',
  inRecovery: row?.in_recovery === true,
  systemIdentifier: String(row?.system_identifier ?? ''),
});

/** Makes the tables and the lock where they are not there yet; a lock that is held stays with its owner. */
export const initialise = async (arbiter: Arbiter, deadline: Deadline): Promise<LockAnswer<true>> => {
  const answer = await ask(arbiter, initSql(arbiter.lock), deadline);
  return answer.ok ? { ok: true, value: true } : answer;
};
