/**
 * Ends a server by its process ids alone. Nothing here reads a disk, or waits for one: no data directory is looked at, no
 * program started, and of /proc only files that need no lock of the process's memory (cmdline and maps would: they hang with it).
 */
import { readFileSync } from 'node:fs';
import { allPids, parseStat } from '../../system/proc.ts';
import type { ProcessKey } from './orders.ts';

const readProc = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** Undefined when it is gone, or a zombie, which acknowledges nothing. */
const keyOf = (pid: number): ProcessKey | undefined => {
  const stat = parseStat(readProc(`/proc/${pid}/stat`) ?? '');
  return stat === undefined || stat.state === 'Z' || stat.state === 'X'
    ? undefined
    : { pid, startTicks: stat.startTicks };
};

export const isAlive = ({ pid, startTicks }: ProcessKey): boolean => keyOf(pid)?.startTicks === startTicks;

/**
 * The first process's children: all others of a server. They outlive it, and then nobody's list has them any more, so that what
 * is known of them has to be kept.
 */
export const childrenOf = (
  parent: ProcessKey,
  known: ReadonlyMap<number, ProcessKey>,
): readonly ProcessKey[] => {
  const list = readProc(`/proc/${parent.pid}/task/${parent.pid}/children`);
  const pids =
    list === undefined ? childrenByParent(parent.pid) : list.split(' ').filter(Boolean).map(Number);
  const found = pids.flatMap((pid) => known.get(pid) ?? keyOf(pid) ?? []);
  return isAlive(parent) ? found : [];
};

/** Of a kernel without that list (CONFIG_PROC_CHILDREN). */
const childrenByParent = (parent: number): readonly number[] =>
  allPids().filter((pid) => parseStat(readProc(`/proc/${pid}/stat`) ?? '')?.ppid === parent);

/** Delivered, or there is nobody: both are well. Signal 0 only asks, by the same path. */
export const signalKey = (key: ProcessKey, signal: NodeJS.Signals | 0): void => {
  if (!isAlive(key)) return;
  try {
    process.kill(key.pid, signal);
  } catch {
    // It ended in between.
  }
};

/** Immediate shutdown; one that is stopped by a signal could not heed it. */
export const quit = (postmaster: ProcessKey): void => {
  signalKey(postmaster, 'SIGQUIT');
  signalKey(postmaster, 'SIGCONT');
};

/**
 * The first process is stopped before its children are listed, so that it forks no other meanwhile. A process that waits for a
 * dead disk does not end, but with SIGKILL pending it never again runs an instruction of its own: it acknowledges nothing.
 *
 * @returns the children that were there
 */
export const killAll = (
  postmaster: ProcessKey,
  known: ReadonlyMap<number, ProcessKey>,
): readonly ProcessKey[] => {
  signalKey(postmaster, 'SIGSTOP');
  const children = childrenOf(postmaster, known);
  for (const key of [...known.values(), ...children, postmaster]) signalKey(key, 'SIGKILL');
  return children;
};
