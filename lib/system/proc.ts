import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';

/** A living process as /proc shows it (proc(5)). */
export interface ProcessInfo {
  readonly pid: number;
  readonly ppid: number;
  /** Name of the program, at most 15 bytes. */
  readonly comm: string;
  /** R, S, D (waits for a disk), T (stopped by a signal), t (stopped by a debugger), I. */
  readonly state: string;
  /** Working directory as text, with ` (deleted)` when it is gone; undefined when it may not be read. */
  readonly cwd: string | undefined;
  /** Start in clock ticks since boot: with the pid it identifies a process for ever. */
  readonly startTicks: bigint;
}

/** Fields of /proc/<pid>/stat. `comm` may hold blanks and parentheses, hence the last `)`. */
export const parseStat = (
  text: string,
): { pid: number; comm: string; state: string; ppid: number; startTicks: bigint } | undefined => {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const [state, ppid] = fields;
  const startTicks = fields[19];
  if (!state || !/^\d+$/.test(ppid ?? '') || !/^\d+$/.test(startTicks ?? '')) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state,
    ppid: Number(ppid),
    startTicks: BigInt(startTicks ?? 0),
  };
};

const orUndefined = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

/** Undefined when there is no such process, or nothing of it but an entry that waits to be collected. */
export const processInfo = (pid: number): ProcessInfo | undefined => {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const stat = parseStat(orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '');
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
  return { ...stat, cwd: orUndefined(() => readlinkSync(`/proc/${pid}/cwd`)) };
};

/** The arguments a process was started with, or the title it gave itself; empty when it is gone. */
export const commandLine = (pid: number): readonly string[] =>
  (orUndefined(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').replace(/\0+$/, '').split('\0');

export const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const mountNamespace = (pid: number | 'self'): string | undefined =>
  orUndefined(() => readlinkSync(`/proc/${pid}/ns/mnt`));

/** Does a path mean the same to that process as to this one? Not so in a container. */
export const sharesMounts = (pid: number): boolean => {
  const theirs = mountNamespace(pid);
  return theirs !== undefined && theirs === mountNamespace('self');
};

const identityOf = (path: string): string | undefined =>
  orUndefined(() => {
    const stat = statSync(path, { bigint: true });
    return `${stat.dev}:${stat.ino}`;
  });

/**
 * Tells whether a process works in `directory`.
 *
 * The same text of a path is not enough: containers on this machine may have their own
 * /var/lib/pgsql/data. So the directory itself is compared (device and inode), which also sees through
 * links. Only for a directory that was removed, or removed and made anew, while the process lives, the
 * text decides, together with the mount namespace.
 */
export const worksIn = (directory: string): ((info: ProcessInfo) => boolean) => {
  const identity = identityOf(directory);
  const path = orUndefined(() => realpathSync(directory)) ?? directory.replace(/(.)\/+$/, '$1');
  const here = mountNamespace('self');
  return ({ pid, cwd }) => {
    if (cwd === undefined) return false;
    if (identity !== undefined && identityOf(`/proc/${pid}/cwd`) === identity) return true;
    return cwd === `${path} (deleted)` && mountNamespace(pid) === here;
  };
};

/** All living processes that work in `directory` (see {@link worksIn}). */
export const processesWithCwd = (directory: string): ProcessInfo[] => {
  const inside = worksIn(directory);
  return allPids().flatMap((pid) => {
    const info = processInfo(pid);
    return info && inside(info) ? [info] : [];
  });
};

/** True when the signal was delivered, false when there is no such process. Throws when it is forbidden. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
};
