import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Deadline, deadlineIn, onExpiry } from '../lib/system/clock.ts';
import type { ActionName } from './agent.ts';
import type { OcfExitCode } from './exit-codes.ts';
import { writeFully } from './write.ts';

/** Names the descriptor to which the exit code is to be written, for the shell that stands between this process and the executor. */
const DESCRIPTOR = 'OCF_RESULT_DESCRIPTOR';

/** What is done after the result ends by then, and the next action waits for it hardly longer. */
const AFTERWARDS_MS = 5_000;
const WAIT_SECONDS = AFTERWARDS_MS / 1000 + 1;

/**
 * For the shell line of an executable: what an earlier action still does is over before the next one begins. The lock is the kernel's and
 * goes with the process that has it; the file, in a directory for root alone, only saves others from asking.
 *
 * @param lock for a shell, in double quotes
 */
export const afterTheLast = (lock: string): string =>
  `if [ -e "${lock}" ] && command exec 9<"${lock}"; then flock -w ${WAIT_SECONDS} 9 && rm -f "${lock}"; exec 9<&-; fi;`;

/**
 * For the shell line of an executable: the executor has the result of this action as soon as it is known, and the process goes on
 * ({@link ActionResult.afterwards}). The executor takes for the end of an action that of the process it has started, which is the shell.
 * Both are of one process group, so that it can kill both. Who writes no exit code has failed.
 */
export const goingOnAfter = (action: ActionName, lock: string): string =>
  [
    `case "$1" in ${action}) if mkdir -p -m 700 "${dirname(lock)}" && command exec 9>"${lock}" && flock -n 9; then`,
    `exec 4>&1; code="$(${DESCRIPTOR}=3 /usr/bin/env node "$0" "$@" 3>&1 1>&4 4>&- &)"; exit "\${code:-1}"; fi;; esac;`,
  ].join(' ');

/** @returns whether the executor has the result, so that this process may go on */
export const tellResult = (code: OcfExitCode): boolean => {
  const descriptor = Number.parseInt(process.env[DESCRIPTOR] ?? '', 10);
  if (!(descriptor > 2)) return false;
  writeFully(descriptor, `${code}\n`);
  closeSync(descriptor);
  return true;
};

/** Never rejects, and returns in time whatever becomes of it. */
export const goOn = (
  afterwards: () => Promise<void>,
  failed: (why: string) => void,
  deadline: Deadline = deadlineIn(AFTERWARDS_MS),
): Promise<void> =>
  new Promise((resolve) => {
    const broken = (error: unknown): void => {
      failed(error instanceof Error ? error.message : String(error));
      resolve();
    };
    process.on('unhandledRejection', broken);
    process.on('uncaughtException', broken);
    onExpiry(deadline, () => broken('out of time'));
    afterwards().then(resolve, broken);
  });
