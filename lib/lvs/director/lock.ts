import type { Deadline } from '../../system/clock.ts';
import { lockWithin } from '../../system/lock.ts';

/** Below a directory for root alone. */
export const stateFile = (resource: string, suffix: string): string => `/run/pha/lvsdr-${resource}${suffix}`;

/** A monitor and the process that follows events change one table and one memory: one after the other. */
export const exclusively = async <T>(
  resource: string,
  deadline: Deadline,
  use: () => Promise<T>,
): Promise<T> => {
  const lock = await lockWithin(stateFile(resource, '.lock'), `process ${process.pid}`, deadline);
  if (!lock.ok) throw new Error(`${lock.holder} is still at work on the servers of ${resource}`);
  try {
    return await use();
  } finally {
    lock.release();
  }
};
