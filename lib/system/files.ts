import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asUser } from './as-user.ts';
import type { OsUser } from './os-user.ts';

export type PathKind = 'file' | 'directory' | 'link' | 'other' | 'missing';

/** The code of a system call's error, such as `ENOENT`. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');

/** What is at `path`; a link is a link, whatever it points to. Throws when it may not be looked at. */
export const pathKind = (path: string): PathKind => {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return 'link';
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
};

/** No text file that an agent reads is larger; a larger one is a mistake or an attack. */
const LARGEST_TEXT_BYTES = 64 * 1024 * 1024;

const readBytes = (fd: number, from: number, length: number): Buffer => {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, buffer, filled, length - filled, from + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
};

/** A pipe put in a file's place would block open() for ever: O_NONBLOCK, and then it is refused. */
const withRegularFile = <T>(
  path: string,
  extraFlags: number,
  use: (fd: number, stat: ReturnType<typeof fstatSync>) => T,
): T | undefined => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | extraFlags);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`${path} is not a regular file`);
    return use(fd, stat);
  } finally {
    closeSync(fd);
  }
};

/**
 * The text of a file; undefined when there is none. Throws for every other reason not to have it.
 *
 * @param user whose rights are used; a file in a directory that another user can write is read as that user, so that a
 *   link there leads root to nothing that the user could not read alone
 */
export const readTextIfExists = (path: string, user?: OsUser): string | undefined =>
  user === undefined ? readText(path) : asUser(user, () => readText(path));

/** The same, for a file that is never a link: one in its place is refused, and leads nobody anywhere. */
export const readTextUnlinked = (path: string): string | undefined => readText(path, constants.O_NOFOLLOW);

const readText = (path: string, extraFlags = 0): string | undefined =>
  withRegularFile(path, extraFlags, (fd, stat) => {
    if (Number(stat.size) > LARGEST_TEXT_BYTES) throw new Error(`${path} has ${stat.size} bytes: too many`);
    // Files under /proc have the size 0: read until the end instead of up to the size.
    const parts: Buffer[] = [];
    for (let offset = 0; offset <= LARGEST_TEXT_BYTES; ) {
      const part = readBytes(fd, offset, Math.max(4096, Number(stat.size) + 1 - offset));
      if (part.length === 0) break;
      parts.push(part);
      offset += part.length;
    }
    return Buffer.concat(parts).toString('utf8');
  });

/** Permission bits and owner of a regular file, or undefined when there is none. */
export const fileStatus = (path: string): { readonly mode: number; readonly ownerUid: number } | undefined =>
  withRegularFile(path, 0, (_fd, stat) => ({ mode: Number(stat.mode) & 0o7777, ownerUid: Number(stat.uid) }));

/** The permission bits of a regular file, or undefined when there is none. */
export const fileMode = (path: string): number | undefined => fileStatus(path)?.mode;

/**
 * The last `maxBytes` of a file, read as `user` and not through a link in the last component; undefined
 * when there is none. The first line may be cut.
 */
export const readTail = (path: string, maxBytes: number, user: OsUser): string | undefined =>
  asUser(user, () =>
    withRegularFile(path, constants.O_NOFOLLOW, (fd, stat) => {
      const from = Math.max(0, Number(stat.size) - maxBytes);
      return readBytes(fd, from, Math.min(maxBytes, Number(stat.size))).toString('utf8');
    }),
  );

/** The first `maxBytes` of a file, read like {@link readTail} does. */
export const readHead = (path: string, maxBytes: number, user: OsUser): Uint8Array | undefined =>
  asUser(user, () => withRegularFile(path, constants.O_NOFOLLOW, (fd) => readBytes(fd, 0, maxBytes)));

/** The size in bytes of a regular file, looked at like {@link readTail} does. */
export const sizeOf = (path: string, user: OsUser): number | undefined =>
  asUser(user, () => withRegularFile(path, constants.O_NOFOLLOW, (_fd, stat) => Number(stat.size)));

/** Makes lasting what was created, renamed or removed in it. */
export const fsyncDirectory = (directory: string): void => {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const writeNewFile = (path: string, text: string, mode: number): void => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, text);
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/**
 * Puts `text` in place of the file at `path`: readers see the old content or the new, also after a crash.
 *
 * Everything is done with the rights of `user`, who owns the directory, so that a link which that user
 * planted anywhere in the path leads no further than the user could go alone. The name itself is
 * replaced, never followed: a link or a directory there is refused. `mode` holds whatever the umask is.
 */
export const writeFileAtomically = (
  path: string,
  text: string,
  options: { readonly user: OsUser; readonly mode: number },
): void =>
  asUser(options.user, () => {
    const kind = pathKind(path);
    if (kind !== 'file' && kind !== 'missing') {
      throw new Error(
        `${path} is ${kind === 'link' ? 'a symbolic link' : 'not a regular file'}: not replaced`,
      );
    }
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      writeNewFile(temporary, text, options.mode);
      renameSync(temporary, path);
    } catch (error) {
      unlinkIfExists(temporary);
      throw error;
    }
    fsyncDirectory(dirname(path));
  });

const unlinkIfExists = (path: string): boolean => {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
};

/** Removes the name `path` (a link itself, not what it points to) as `user`. True when there was one. */
export const removeFile = (path: string, user: OsUser): boolean =>
  asUser(user, () => {
    const removed = unlinkIfExists(path);
    if (removed) fsyncDirectory(dirname(path));
    return removed;
  });

/**
 * Renames as `user`. Where `user` may not, root does, but only if both lie in directories that are root's alone, or one
 * level below such a one: the last step of a path is renamed and never followed.
 *
 * @throws when neither can
 */
export const renameEntry = (from: string, to: string, user: OsUser): void => {
  try {
    asUser(user, () => renameSync(from, to));
  } catch (error) {
    const isSafe = [from, to].every(
      (path) => isRootsAlone(dirname(path)) || isRootsAlone(dirname(dirname(path))),
    );
    if (errorCode(error) !== 'EACCES' || process.geteuid?.() !== 0 || !isSafe) throw error;
    renameSync(from, to);
  }
  for (const directory of new Set([dirname(from), dirname(to)])) fsyncDirectory(directory);
};

/** Nobody but root can put anything else in the place of what is in this directory, or of the directory itself. */
const isRootsAlone = (directory: string): boolean => {
  const { uid, mode } = lstatSync(directory);
  const own = uid === 0 && pathKind(directory) === 'directory' && (mode & 0o022) === 0;
  return own && (dirname(directory) === directory || isRootsAlone(dirname(directory)));
};

/**
 * Makes the directory, for `user` alone, where it does not exist. Where `user` may not do that, root does, but only in a
 * directory that is root's alone all the way up, so that nobody can lead it elsewhere.
 *
 * @throws when neither can
 */
export const ensureDirectory = (path: string, user: OsUser): void => {
  try {
    asUser(user, () => void mkdirSync(path, { recursive: true, mode: 0o700 }));
  } catch (error) {
    if (errorCode(error) !== 'EACCES' || process.geteuid?.() !== 0 || !isRootsAlone(dirname(path)))
      throw new Error(`${path} cannot be made as ${user.name} (${errorCode(error)}); make it by hand`);
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, user.uid, user.gid);
  }
};

/**
 * Removes an empty directory as root, where its owner may not: in a directory that is root's alone, so that the name leads
 * nowhere else; a link there is none.
 *
 * @returns whether it is gone
 */
export const removeEmptyDirectory = (path: string): boolean => {
  try {
    if (!isRootsAlone(dirname(path))) return false;
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
};
