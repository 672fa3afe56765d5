import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../failure.ts';

// Each question costs the cluster some 30 ms of the machine's time.
const pollEveryMs = 200;

/**
 * Asks again and again until `missing` has nothing left to name.
 * @param missing what is still missing, in words, or undefined; if it throws, that is what is missing
 * @param picture shown in the error, such as the cluster's state
 * @throws LabError that says what was waited for, what was missing at the end, and how the cluster looked
 */
export const waitUntilComplete = async (
  description: string,
  missing: () => Promise<string | undefined>,
  deadlineMs: number,
  picture: () => Promise<string>,
): Promise<void> => {
  const end = performance.now() + deadlineMs;
  for (;;) {
    let lack: string | undefined;
    try {
      lack = await missing();
    } catch (error) {
      lack = error instanceof Error ? error.message : String(error);
    }
    if (lack === undefined) return;
    if (performance.now() > end) {
      throw new LabError(
        `Waited ${deadlineMs} ms in vain for: ${description} (${lack}).\n${await picture().catch(String)}`,
      );
    }
    await sleep(pollEveryMs);
  }
};
