import { isAbsolute, join } from 'node:path';
import { readTail, readTextIfExists, sizeOf } from '../system/files.ts';
import { asUser, type OsUser } from '../system/os-user.ts';

const TAIL_BYTES = 64 * 1024;

/**
 * The last lines of a server's log, oldest first; empty when there is none, or none that may be read. Read
 * with the rights of the user who writes it, and never through a link.
 */
export const lastLogLines = (logfile: string, count: number, user: OsUser): readonly string[] => {
  try {
    const lines = (readTail(logfile, TAIL_BYTES, user) ?? '').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } catch {
    // Such as /dev/null, the default. A missing explanation is no reason to fail.
    return [];
  }
};

export interface LogPlace {
  readonly pgdata: string;
  /** Where pg_ctl sends the server's output. */
  readonly logfile: string;
  readonly user: OsUser;
}

/** Sizes in bytes of a server's log files at some moment. */
export type LogEnds = ReadonlyMap<string, number>;

const orNothing = <T>(read: () => T, nothing: T): T => {
  try {
    return read();
  } catch {
    return nothing;
  }
};

/**
 * With logging_collector the server goes on in a file of its own, named in `current_logfiles` (10 and later).
 */
const logFiles = ({ pgdata, logfile, user }: LogPlace): readonly string[] => {
  const text = orNothing(
    () => asUser(user, () => readTextIfExists(join(pgdata, 'current_logfiles'))),
    undefined,
  );
  const collected = /^stderr (.+)$/m.exec(text ?? '')?.[1];
  if (collected === undefined) return [logfile];
  return [logfile, isAbsolute(collected) ? collected : join(pgdata, collected)];
};

export const logEnds = (place: LogPlace): LogEnds =>
  new Map(logFiles(place).map((path) => [path, orNothing(() => sizeOf(path, place.user) ?? 0, 0)]));

/** What was logged since then: the reason of an earlier failure is not the reason of this one. */
export const linesSince = (before: LogEnds, place: LogPlace): readonly string[] =>
  logFiles(place).flatMap((path) => {
    const size = orNothing(() => sizeOf(path, place.user) ?? 0, 0);
    const start = before.get(path) ?? 0;
    const bytes = Math.min(TAIL_BYTES, size < start ? size : size - start);
    return orNothing(() => readTail(path, bytes, place.user) ?? '', '').split('\n');
  });

const SEVERE = /\b(FATAL|PANIC):\s+(.*)$/;

/** The cause of whatever came after it, and often not of the line that ended the server. */
const FULL_DISK = /\b(?:LOG|WARNING|ERROR|FATAL|PANIC):\s+(.*No space left on device.*)$/;

/**
 * What a server said before it gave up: its last FATAL or PANIC, with the DETAIL and HINT that follow; a full disk before
 * all else. Messages for clients that came too early are not about the server.
 */
export const startupFailureHint = (lines: readonly string[]): string | undefined => {
  const full = FULL_DISK.exec(lines.findLast((line) => FULL_DISK.test(line)) ?? '')?.[1];
  if (full !== undefined) return full.trim();
  const index = lines.findLastIndex((line) => SEVERE.test(line) && !/the database system is/.test(line));
  const [, , message] = SEVERE.exec(lines[index] ?? '') ?? [];
  if (message === undefined) return undefined;
  const following = lines.slice(index + 1, index + 3).flatMap((line) => {
    const [, text] = /\b(?:DETAIL|HINT):\s+(.*)$/.exec(line) ?? [];
    return text === undefined ? [] : [text];
  });
  return [message, ...following].join(' ').trim();
};
