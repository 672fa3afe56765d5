import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** An account of this machine's operating system. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, the primary one included. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** A directory service (LDAP, SSSD) that does not answer must not hold up an agent for longer. */
const DIRECTORY_SERVICE_TIMEOUT_MS = 5000;

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The line of `name` in the format of /etc/passwd (passwd(5)). */
export const parsePasswd = (text: string, name: string): PasswdEntry | undefined => {
  for (const line of text.split('\n')) {
    const [user, , uid, gid, , home] = line.split(':');
    if (user !== name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) continue;
    return { name, uid: Number(uid), gid: Number(gid), home: home || '/' };
  }
  return undefined;
};

/** The ids of the groups that list `name` as a member in the format of /etc/group (group(5)). */
export const parseGroupsOf = (text: string, name: string): readonly number[] =>
  text.split('\n').flatMap((line) => {
    const [, , gid, members] = line.split(':');
    return /^\d+$/.test(gid ?? '') && members?.trim().split(',').includes(name) ? [Number(gid)] : [];
  });

const answerOf = (file: string, args: readonly string[]): string => {
  const result = spawnSync(file, args, { timeout: DIRECTORY_SERVICE_TIMEOUT_MS, encoding: 'utf8' });
  return result.status === 0 ? result.stdout : '';
};

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/**
 * Looks the account up in /etc/passwd and /etc/group, and only when it is not there asks `getent` and
 * `id`, which know directory services too but cost a process each and may be slow.
 */
export const findUser = (name: string): OsUser | undefined => {
  if (!/^[^:\s/-][^:\s/]*$/.test(name)) return undefined;
  const local = parsePasswd(readOrEmpty('/etc/passwd'), name);
  if (local) {
    const others = parseGroupsOf(readOrEmpty('/etc/group'), name);
    return { ...local, groups: [...new Set([local.gid, ...others])] };
  }
  const remote = parsePasswd(answerOf('getent', ['passwd', name]), name);
  if (!remote) return undefined;
  const groups = answerOf('id', ['-G', name]).split(/\s+/).filter(Boolean).map(Number);
  return { ...remote, groups: [...new Set([remote.gid, ...groups])] };
};

export { asUser } from './as-user.ts';
