import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { type Deadline, sleep } from './clock.ts';
import { readTextIfExists } from './files.ts';

/** Full path: the PATH of a cluster manager is short. */
const FLOCK = '/usr/bin/flock';

export type Locked =
  | { readonly ok: true; readonly release: () => void }
  /** `holder` is what the one who has it wrote about itself. */
  | { readonly ok: false; readonly holder: string };

/**
 * Takes a lock of the kernel, or says who has it. It lasts as long as this process lives and no longer, whatever ends
 * it: flock(1) turns into a `cat` that keeps the lock while it waits for input from us, so nothing stale can remain.
 * The file, in a directory for root alone, stays and means nothing by itself.
 *
 * @throws when the lock can neither be taken nor is held
 */
export const tryLock = async (path: string, holder: string): Promise<Locked> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const keeper = execa(FLOCK, ['--nonblock', '--no-fork', '--conflict-exit-code=75', path, 'cat'], {
    reject: false,
    // Out of reach of Ctrl-C: this process decides what is still to be done under the lock.
    detached: true,
    buffer: false,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const echoed = new Promise<boolean>((resolve) => {
    keeper.stdout.once('data', () => resolve(true));
    keeper.stdout.once('end', () => resolve(false));
  });
  keeper.stdin.on('error', () => {});
  keeper.stdin.write('locked\n');
  if (await echoed) {
    const release = (): void => void keeper.stdin.end();
    try {
      writeHolder(path, holder);
    } catch (error) {
      release();
      throw error;
    }
    return { ok: true, release };
  }
  const { exitCode, originalMessage } = await keeper;
  if (exitCode !== 75)
    throw new Error(`${path} cannot be locked: ${originalMessage ?? `exit code ${exitCode}`}`);
  return { ok: false, holder: readTextIfExists(path)?.trim() || 'another command' };
};

const LOOK_AGAIN_MS = 20;

/** The same, and waits for whoever has it as long as there is time. */
export const lockWithin = async (path: string, holder: string, deadline: Deadline): Promise<Locked> => {
  for (;;) {
    const lock = await tryLock(path, holder);
    if (lock.ok || deadline.expired()) return lock;
    await sleep(LOOK_AGAIN_MS);
  }
};

const writeHolder = (path: string, holder: string): void => {
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeFileSync(fd, `${holder}\n`);
  } finally {
    closeSync(fd);
  }
};
