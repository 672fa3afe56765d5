import type { Deadline } from '../system/clock.ts';
import type { OsUser } from '../system/os-user.ts';
import { run } from '../system/process.ts';
import { formatLsn, type Lsn, parseLsn, type Timeline } from './lsn.ts';
import type { ServerVersion } from './version.ts';

/** What a log holds from some position on. */
export interface WalContent {
  readonly end: Lsn;
  /** Committed ones. */
  readonly transactions: number;
}

const lastMatch = (text: string, pattern: RegExp): string | undefined =>
  [...text.matchAll(pattern)].at(-1)?.[1];

/**
 * Reads `pg_waldump --stats=record`. The end is in the head line since 14, and in the complaint about the first record
 * that is not there, with which it always ends. Undefined when it does not tell both.
 */
export const parseWalStats = (stdout: string, stderr: string): WalContent | undefined => {
  const position =
    /^WAL statistics between \S+ and ([0-9A-F]+\/[0-9A-F]+):/m.exec(stdout)?.[1] ??
    lastMatch(stderr, /\bat ([0-9A-F]+\/[0-9A-F]+)/g);
  const end = parseLsn(position ?? '');
  if (end === undefined || !/^Total\b/m.test(stdout)) return undefined;
  const commits = [...stdout.matchAll(/^(?:Transaction|XACT)\/COMMIT(?:_PREPARED)?\s+(\d+)/gm)];
  return { end, transactions: commits.reduce((sum, [, count]) => sum + Number(count), 0) };
};

export interface WalContentRequest {
  readonly binDirectory: string;
  readonly version: ServerVersion;
  readonly walPath: string;
  readonly timeline: Timeline;
  readonly from: Lsn;
  readonly user: OsUser;
  readonly deadline: Deadline;
}

/** What a stopped server's log holds of a timeline from a position on, as far as pg_waldump can tell. */
export const walContentSince = async (request: WalContentRequest): Promise<WalContent | undefined> => {
  const { binDirectory, version, walPath, timeline, from, user, deadline } = request;
  const program = version.major < 10 ? 'pg_xlogdump' : 'pg_waldump';
  const args = [
    '--stats=record',
    `--path=${walPath}`,
    `--timeline=${timeline}`,
    `--start=${formatLsn(from)}`,
  ];
  // It ends with a complaint in any case: at some point there are no more records.
  const { stdout, stderr } = await run(`${binDirectory}/${program}`, args, { user, deadline });
  return parseWalStats(stdout, stderr);
};
