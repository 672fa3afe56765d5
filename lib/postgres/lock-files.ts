import { realpathSync } from 'node:fs';
import { pathKind, readTextUnlinked, removeFile } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import { processInfo, worksIn } from '../system/proc.ts';
import { type PostmasterPid, parsePostmasterPid } from './postmaster-pid.ts';
import { findPostmaster } from './process.ts';

export interface LockFileRequest {
  readonly pgdata: string;
  /** Owner of the data directory, with whose rights files are removed. */
  readonly user: OsUser;
  readonly log: (sentence: string) => void;
  /** Where to look for a socket's lock file, besides where the server's own lock file says. */
  readonly socketDirectory?: string;
  readonly port?: number;
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

/** Whoever has that pid now, it is not a process of this data directory. */
const isStale = (lock: PostmasterPid | undefined, pgdata: string): boolean => {
  const owner = lock && processInfo(lock.pid);
  return !(owner && worksIn(pgdata)(owner));
};

const read = (path: string): string | undefined => {
  try {
    return readTextUnlinked(path);
  } catch {
    // A directory, or something that may not be read: not a lock file of ours, and the removal will tell.
    return undefined;
  }
};

const isLink = (path: string): boolean => {
  try {
    return pathKind(path) === 'link';
  } catch {
    return false;
  }
};

const socketLock = (directory: string | undefined, port: number | undefined): string[] =>
  directory && port ? [`${directory}/.s.PGSQL.${port}.lock`] : [];

/**
 * Removes postmaster.pid and the lock file of the Unix socket when the server that wrote them is gone.
 *
 * The server does this itself as long as the pid is free. When it belongs to another process of the same user
 * by now, which is likely after a reboot, it refuses to start until somebody removes the file by hand
 * (design, invariant 5). Never fails: what cannot be removed is logged, and the server will say what it
 * thinks of it.
 */
export const removeStaleLockFiles = (request: LockFileRequest): void => {
  const { pgdata, user, log } = request;
  if (findPostmaster(pgdata) !== undefined) return;
  const own = `${pgdata}/postmaster.pid`;
  const text = read(own);
  const lock = text === undefined ? undefined : parsePostmasterPid(text);
  const remove = (path: string): void => {
    try {
      if (removeFile(path, user)) log(`removed ${path}, left behind by a server that is gone`);
    } catch (error) {
      log(`${path} could not be removed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const sockets = new Set([
    ...socketLock(lock?.socketDirectory, lock?.port),
    ...socketLock(request.socketDirectory, request.port),
  ]);
  for (const path of sockets) {
    const socket = parsePostmasterPid(read(path) ?? '');
    const isOurs = socket !== undefined && realPath(socket.dataDirectory) === realPath(pgdata);
    if (isOurs && isStale(socket, pgdata)) remove(path);
  }
  // A link there was put by somebody; PostgreSQL would follow it, and nothing at its end is a lock file of ours.
  if (isLink(own) || (text !== undefined && isStale(lock, pgdata))) remove(own);
};
