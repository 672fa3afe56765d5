/**
 * A wall clock of each node's own. The kernel has one for all of them; libfaketime, which the node's processes are loaded
 * with, adds to what it tells. Monotonic clocks stay true: cluster-stack.sh and node-init.sh see to that.
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeFile } from './backend.ts';
import { LabError } from './failure.ts';

/** Debian's directories of libraries are named after the architecture. */
const library = async (): Promise<string> => {
  for (const name of await readdir('/usr/lib')) {
    const path = join('/usr/lib', name, 'faketime/libfaketimeMT.so.1');
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new LabError('A clock of each node’s own needs the Debian package libfaketime.');
};

export const clocks = ['right', 'fast', 'slow'] as const;
export type Clock = (typeof clocks)[number];

/** In seconds: an hour. */
const OFFSETS: Readonly<Record<Clock, string>> = { right: '+0', fast: '+3600', slow: '-3600' };

/** Processes look at it once in a second; those that start, at once. */
export const clockFile = (clock: Clock): NodeFile => ({
  path: '/etc/faketimerc',
  content: `${OFFSETS[clock]}\n`,
  mode: 0o644,
});

export const clockFiles = async (): Promise<readonly NodeFile[]> => [
  { path: '/etc/ld.so.preload', content: `${await library()}\n`, mode: 0o644 },
  clockFile('right'),
];
