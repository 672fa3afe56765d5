import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The file system that a path lies on, or would if it were made. */
export interface FileSystem {
  /** Tells file systems apart. */
  readonly device: number;
  /** What is free for users other than root. */
  readonly freeBytes: number;
}

export const fileSystemOf = (path: string): FileSystem => {
  let place = path;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return { device: statSync(place).dev, freeBytes: bavail * bsize };
};

/** A mount point cannot be renamed. */
export const isMountPoint = (path: string): boolean =>
  existsSync(path) && statSync(path).dev !== statSync(dirname(path)).dev;
