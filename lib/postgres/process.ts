import { readTextUnlinked } from '../system/files.ts';
import {
  allPids,
  commandLine,
  type ProcessInfo,
  processesWithCwd,
  processInfo,
  sharesMounts,
  worksIn,
} from '../system/proc.ts';
import { type PostmasterPid, type PostmasterStatus, parsePostmasterPid } from './postmaster-pid.ts';

/** A running server. What its lock file says is absent when that file is missing or says something else. */
export interface Postmaster {
  readonly pid: number;
  readonly startTicks: bigint;
  /** `T`: stopped by a signal, and nevertheless running. */
  readonly processState: string;
  readonly status?: PostmasterStatus;
  readonly socketDirectory?: string;
  readonly port?: number;
}

const PROGRAMS: readonly string[] = ['postgres', 'postmaster', 'edb-postgres'];

const isServerProgram = ({ comm }: ProcessInfo): boolean => PROGRAMS.includes(comm);

/**
 * What the processes of a server are called: the first has its command line, its children a title such as
 * `postgres: checkpointer`. `--single` (as pg_rewind runs it), `--boot` and the like are neither.
 */
type Role = 'postmaster' | 'child' | 'single-user';

const roleOf = ({ pid }: ProcessInfo): Role => {
  const [program = '', ...args] = commandLine(pid);
  // A process that is just ending has no command line any more; whichever it was, it serves nobody.
  if (program === '' || /^(postgres|postmaster|edb-postgres): /.test(program)) return 'child';
  return args.some((arg) => /^--(single|boot|check|describe-config|forkboot)/.test(arg))
    ? 'single-user'
    : 'postmaster';
};

const readLockFile = (pgdata: string): PostmasterPid | undefined => {
  try {
    return parsePostmasterPid(readTextUnlinked(`${pgdata}/postmaster.pid`) ?? '');
  } catch {
    return undefined;
  }
};

/** A lock file outlives a crash, and its pid may belong to anybody by now: only /proc decides. */
const verified = (lock: PostmasterPid | undefined, pgdata: string): ProcessInfo | undefined => {
  const info = lock && !lock.singleUser ? processInfo(lock.pid) : undefined;
  return info && isServerProgram(info) && worksIn(pgdata)(info) && roleOf(info) === 'postmaster'
    ? info
    : undefined;
};

/**
 * The lock file may be gone, or the whole directory: then the postmaster is the one whose parent is not one
 * of them. A child that was forked a moment ago still has the postmaster's command line, and its parent.
 */
const searched = (pgdata: string): ProcessInfo | undefined => {
  const all = processesWithCwd(pgdata).filter(isServerProgram);
  const pids = new Set(all.map(({ pid }) => pid));
  return all.find((info) => !pids.has(info.ppid) && roleOf(info) === 'postmaster');
};

/** A directory that was renamed while its server runs: the server's command line still has the old name. */
const movedAway = (pgdata: string): ProcessInfo | undefined => {
  for (const pid of allPids()) {
    const info = processInfo(pid);
    if (info === undefined || !isServerProgram(info) || roleOf(info) !== 'postmaster') continue;
    const args = commandLine(pid);
    if (args[args.indexOf('-D') + 1] === pgdata && args.includes('-D') && sharesMounts(pid)) return info;
  }
  return undefined;
};

/** The server that runs on this data directory, which may be given through a link, or be removed by now. */
export const findPostmaster = (pgdata: string): Postmaster | undefined => {
  const lock = readLockFile(pgdata);
  const info = verified(lock, pgdata) ?? searched(pgdata) ?? movedAway(pgdata);
  if (info === undefined) return undefined;
  const own = lock?.pid === info.pid && !lock.singleUser ? lock : undefined;
  return {
    pid: info.pid,
    startTicks: info.startTicks,
    processState: info.state,
    ...(own?.status ? { status: own.status } : {}),
    ...(own?.socketDirectory ? { socketDirectory: own.socketDirectory } : {}),
    ...(own && own.port > 0 ? { port: own.port } : {}),
  };
};

/** Every process of a server on this directory: the postmaster, if there is one, and its children. */
export const serverProcesses = (pgdata: string): ProcessInfo[] => {
  const moved = movedAway(pgdata);
  const isOfIt = moved === undefined ? worksIn(pgdata) : sameServer(pgdata, moved);
  return allPids().flatMap((pid) => {
    const info = processInfo(pid);
    return info && isServerProgram(info) && isOfIt(info) && roleOf(info) !== 'single-user' ? [info] : [];
  });
};

const sameServer = (pgdata: string, postmaster: ProcessInfo): ((info: ProcessInfo) => boolean) => {
  const inside = worksIn(pgdata);
  return (info) => inside(info) || info.pid === postmaster.pid || info.ppid === postmaster.pid;
};

/**
 * Children whose postmaster is gone. They end by themselves, but not before what they are doing is done, and
 * until then no server can start here. Empty while there is a postmaster.
 */
export const leftoverBackends = (pgdata: string): ProcessInfo[] =>
  findPostmaster(pgdata) === undefined ? serverProcesses(pgdata) : [];
