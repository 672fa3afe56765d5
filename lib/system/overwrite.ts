/** For small files of root's alone on a tmpfs, such as /run, that others may have filled. */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { ROOT } from './as-user.ts';
import { errorCode, writeFileAtomically } from './files.ts';

const NO_ROOM: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT'];
const PAGE_BYTES = 4096;

/**
 * writeFileAtomically(); where there is no room for a second file, the first is overwritten, which needs none. What was longer
 * is followed by newlines then, and a reader in the same moment may see half of it: it must be able to tell.
 *
 * @throws when it cannot be overwritten either, because there is none, or the text needs more room
 */
export const writeEvenIfFull = (path: string, text: string, mode: number): void => {
  try {
    writeFileAtomically(path, text, { user: ROOT, mode });
  } catch (error) {
    if (!NO_ROOM.includes(errorCode(error)) || !overwrite(path, text)) throw error;
  }
};

/** By one write into pages that the file has already. @returns whether it could be done */
export const overwrite = (path: string, text: string): boolean => {
  const bytes = Buffer.from(text);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(fd);
    if (bytes.length > Math.ceil(size / PAGE_BYTES) * PAGE_BYTES) return false;
    const padded = Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length), '\n')]);
    return writeSync(fd, padded, 0, padded.length, 0) === padded.length;
  } finally {
    closeSync(fd);
  }
};
