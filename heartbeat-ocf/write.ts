import { appendFileSync, readlinkSync, writeSync } from 'node:fs';

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of a text to a descriptor before it returns, so that the process may end at once. A reader that has
 * gone away is no error. Gives up after a second without progress, since nothing here may hang.
 */
export const writeFully = (descriptor: number, text: string): void => {
  let rest = Buffer.from(text, 'utf8');
  let patience = 1000;
  while (rest.length > 0 && patience > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
      patience = 1000;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      // the other side made the pipe non-blocking and it is full
      Atomics.wait(PAUSE, 0, 0, 1);
      patience -= 1;
    }
  }
};

/** Appends to a log file. A log that cannot be written (full disk, missing folder) never fails an operation. */
export const appendQuietly = (path: string, text: string): void => {
  try {
    appendFileSync(path, text);
  } catch {
    // nowhere to tell
  }
};

/** As isatty(3), without the cost of loading node:tty (which brings all of node:net along). */
export const isTerminal = (descriptor: number): boolean => {
  try {
    return /^\/dev\/(pts\/|tty|console)/.test(readlinkSync(`/proc/self/fd/${descriptor}`));
  } catch {
    return false;
  }
};
