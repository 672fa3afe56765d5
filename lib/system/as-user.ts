import { readFileSync } from 'node:fs';
import type { OsUser } from './os-user.ts';

/** For files that are written as root, wherever they are. */
export const ROOT: OsUser = { name: 'root', uid: 0, gid: 0, groups: [0], home: '/root' };

/** A value that is there when the function returns: the identity is given back at that moment. */
type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * process.getgroups() adds the effective group to the list, so a process without supplementary groups would
 * come back with one. The kernel's own list is exact.
 */
const supplementaryGroups = (): number[] => {
  const line = /^Groups:(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean).map(Number);
};

const currentIdentity = (): Identity => ({
  uid: process.geteuid?.() ?? -1,
  gid: process.getegid?.() ?? -1,
  groups: supplementaryGroups(),
});

/** Groups can be changed by root only: so they come first on the way down and last on the way up. */
const stepDown = (to: Identity): void => {
  process.setgroups?.([...to.groups]);
  process.setegid?.(to.gid);
  process.seteuid?.(to.uid);
};

const stepUp = (to: Identity): void => {
  process.seteuid?.(to.uid);
  process.setegid?.(to.gid);
  process.setgroups?.([...to.groups]);
};

/**
 * Runs `fn` with the effective user, group and supplementary groups of `user`, and restores all three
 * whatever happens. Does nothing but call `fn` when this process is that user already.
 *
 * `fn` must be synchronous: the identity belongs to the whole process, threads of the file system pool
 * included, so nothing that is awaited may fall between. Throws when this process may not change its
 * identity.
 */
export const asUser = <T>(user: OsUser, fn: () => Synchronous<T>): T => {
  if (process.geteuid?.() === user.uid) return fn();
  if (process.geteuid?.() !== 0) throw new Error(`only root can act as the user ${user.name}`);
  const before = currentIdentity();
  try {
    stepDown({ uid: user.uid, gid: user.gid, groups: user.groups });
    return fn();
  } finally {
    stepUp(before);
  }
};
