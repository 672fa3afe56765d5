import { constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processInfo } from '../system/proc.ts';
import type { Parsed } from './parsed.ts';

interface PipeEnd {
  readonly fd: number;
  /** which pipe: its inode, as /proc shows it */
  readonly pipe: string;
  readonly flags: number;
}

const pipeEnds = (pid: number): readonly PipeEnd[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return pipeEndOf(pid, name);
    } catch {
      // Closed meanwhile: a postmaster that has just accepted a client.
      return [];
    }
  });

const pipeEndOf = (pid: number, name: string): readonly PipeEnd[] => {
  const [, pipe] = /^pipe:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [];
  if (pipe === undefined) return [];
  const [, flags = ''] =
    /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${name}`, 'latin1')) ?? [];
  return [{ fd: Number(name), pipe, flags: Number.parseInt(flags, 8) }];
};

const LAST_STANDARD_FD = 2;
const ACCESS_MODE = 3;

const isNonBlocking = ({ flags }: PipeEnd): boolean => (flags & constants.O_NONBLOCK) !== 0;
const reads = ({ flags }: PipeEnd): boolean => (flags & ACCESS_MODE) === constants.O_RDONLY;
const writes = ({ flags }: PipeEnd): boolean => (flags & ACCESS_MODE) === constants.O_WRONLY;

/**
 * The reading end of the pipe by which a postmaster's children notice its death, in the postmaster itself. Since PostgreSQL 9.2
 * (InitPostmasterDeathWatchHandle) it alone does not block when read, while its writing end, which the postmaster alone holds,
 * does. The log collector's pipe has no such end, and its writing end is the standard error.
 *
 * @returns undefined when none, or more than one, looks like that: of another pipe a reader would take away what is written
 */
export const deathPipeAmong = (ends: readonly PipeEnd[]): PipeEnd | undefined => {
  const standard = new Set(ends.filter(({ fd }) => fd <= LAST_STANDARD_FD).map(({ pipe }) => pipe));
  const owned = new Set(ends.filter((end) => writes(end) && !isNonBlocking(end)).map(({ pipe }) => pipe));
  const shared = new Set(ends.filter((end) => writes(end) && isNonBlocking(end)).map(({ pipe }) => pipe));
  const found = ends.filter(
    (end) =>
      reads(end) &&
      isNonBlocking(end) &&
      owned.has(end.pipe) &&
      !shared.has(end.pipe) &&
      !standard.has(end.pipe),
  );
  return found.length === 1 ? found[0] : undefined;
};

/**
 * Opens that end, for as long as the process with this start is the postmaster. It is to be closed by the caller. Nothing is
 * ever written there: it ends when the postmaster does.
 */
export const openDeathPipe = (pid: number, startTicks: bigint): Parsed<number> => {
  const end = deathPipeAmong(pipeEnds(pid));
  if (end === undefined) return { ok: false, reason: `process ${pid} has no pipe that ends with it` };
  const fd = openSync(`/proc/${pid}/fd/${end.fd}`, constants.O_RDONLY);
  return isThat(fd, end) && processInfo(pid)?.startTicks === startTicks
    ? { ok: true, value: fd }
    : { ok: false, reason: `process ${pid} has ended, or has closed that pipe` };
};

const isThat = (fd: number, { pipe }: PipeEnd): boolean => String(fstatSync(fd).ino) === pipe;
