import { type Deadline, sleep } from '../../system/clock.ts';
import { tryLock } from '../../system/lock.ts';

const LOOK_AGAIN_MS = 20;

/** Below a directory for root alone. */
export const stateFile = (resource: string, suffix: string): string => `/run/pha/lvsdr-${resource}${suffix}`;

/** A monitor and the process that follows events change one table and one memory: one after the other. */
export const exclusively = async <T>(
  resource: string,
  deadline: Deadline,
  use: () => Promise<T>,
): Promise<T> => {
  for (;;) {
    const lock = await tryLock(stateFile(resource, '.lock'), `process ${process.pid}`);
    if (lock.ok) {
      try {
        return await use();
      } finally {
        lock.release();
      }
    }
    if (deadline.expired()) throw new Error(`${lock.holder} is still at work on the servers of ${resource}`);
    await sleep(LOOK_AGAIN_MS);
  }
};
