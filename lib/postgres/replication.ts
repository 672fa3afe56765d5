import type { Deadline } from '../system/clock.ts';
import { type Connection, type QueryResult, type Row, type ServerAddress, withConnection } from './client.ts';
import { type History, parseHistory } from './history.ts';
import { type Lsn, parseLsn, parseTimeline, type Timeline } from './lsn.ts';

/** Who a server is, as IDENTIFY_SYSTEM of the replication protocol tells. */
export interface SystemIdentity {
  readonly systemIdentifier: string;
  readonly timeline: Timeline;
  /** Flushed, on a primary; the end of what a standby has received or replayed. */
  readonly flushed: Lsn;
}

const physical = (address: ServerAddress): ServerAddress => ({
  ...address,
  replication: address.replication ?? 'true',
});

const identityOf = (row: Row | undefined): SystemIdentity => {
  const timeline = parseTimeline(String(row?.timeline));
  const flushed = parseLsn(String(row?.xlogpos));
  if (typeof row?.systemid !== 'string' || timeline === undefined || flushed === undefined) {
    throw new Error('IDENTIFY_SYSTEM was answered in a way that is not understood');
  }
  return { systemIdentifier: row.systemid, timeline, flushed };
};

const identify = async (connection: Connection): Promise<SystemIdentity> =>
  identityOf((await connection.query('IDENTIFY_SYSTEM'))[0]);

/** The first timeline has no history file. Until 14 the content is announced as bytea. */
const historyOf = async (connection: Connection, timeline: Timeline): Promise<History> => {
  if (timeline === 1) return [];
  const [row] = await connection.query(`TIMELINE_HISTORY ${timeline}`);
  const content = row?.content;
  const history = parseHistory(Buffer.isBuffer(content) ? content.toString('utf8') : String(content));
  if (history === undefined) throw new Error(`the history of timeline ${timeline} is malformed`);
  return history;
};

/**
 * A replication connection runs no SQL, but since 10 it shows settings, and a standby's transactions only
 * read.
 */
const isInRecovery = async (connection: Connection): Promise<boolean> => {
  if ((connection.serverVersion?.major ?? 0) < 10) return false;
  const [row] = await connection.query('SHOW transaction_read_only');
  return row?.transaction_read_only === 'on';
};

/** Needs a pg_hba.conf line for `replication` and a role with REPLICATION, as every standby does. */
export const identifySystem = (
  address: ServerAddress,
  deadline: Deadline,
): Promise<QueryResult<SystemIdentity>> => withConnection(physical(address), deadline, identify);

/** The ancestors of a timeline that the server knows. */
export const timelineHistory = (
  address: ServerAddress,
  timeline: Timeline,
  deadline: Deadline,
): Promise<QueryResult<History>> =>
  withConnection(physical(address), deadline, (connection) => historyOf(connection, timeline));

/** Both in one connection: who the server is, and the history of the timeline it is on. */
export const identifyWithHistory = (
  address: ServerAddress,
  deadline: Deadline,
): Promise<QueryResult<SystemIdentity & { readonly history: History; readonly inRecovery: boolean }>> =>
  withConnection(physical(address), deadline, async (connection) => {
    const identity = await identify(connection);
    const inRecovery = await isInRecovery(connection);
    return { ...identity, inRecovery, history: await historyOf(connection, identity.timeline) };
  });
