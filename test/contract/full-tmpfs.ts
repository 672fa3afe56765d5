/** A small tmpfs of a test's own, in a mount namespace, that can be filled to the last byte. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../lib/system/files.ts';

export interface SmallTmpfs {
  /** reached from here through the namespace's first process */
  readonly directory: string;
  /** Until no other byte has room. */
  readonly fill: () => void;
  readonly empty: () => void;
  readonly end: () => void;
}

/** Undefined where this machine does not let us mount. */
export const smallTmpfs = async (base: string): Promise<SmallTmpfs | undefined> => {
  const mountPoint = join(base, 'small');
  mkdirSync(mountPoint);
  const script =
    'mount --make-rprivate / && mount -t tmpfs -o size=64k none "$0" && echo ready && exec sleep 600';
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, mountPoint], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const isReady = await new Promise<boolean>((resolve) => {
    holder.stdout.once('data', () => resolve(true));
    holder.once('exit', () => resolve(false));
  });
  if (!isReady) return undefined;
  const directory = `/proc/${holder.pid}/root${mountPoint}`;
  const filler = join(directory, 'filler');
  const fill = (): void => {
    const fd = openSync(filler, 'a');
    try {
      for (;;) writeSync(fd, Buffer.alloc(4096, 'x'));
    } catch (error) {
      if (errorCode(error) !== 'ENOSPC') throw error;
    } finally {
      closeSync(fd);
    }
  };
  return { directory, fill, empty: () => rmSync(filler), end: () => void holder.kill('SIGKILL') };
};
