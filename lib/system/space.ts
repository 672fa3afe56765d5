import { statfsSync } from 'node:fs';
import { asUser } from './as-user.ts';
import type { OsUser } from './os-user.ts';

export interface Space {
  /** For users that are not root. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Room on the file system that `path` lies on, looked at with the rights of `user`. Throws when that may not be. */
export const spaceAt = (path: string, user: OsUser): Space =>
  asUser(user, () => {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  });
