/**
 * An action whose process goes on after the executor has its result. The executor takes for the end of an action that of the process it
 * has started, which is the shell of the executable's first line (scripts/bundle.ts): that ends as soon as it is told the exit code.
 */
import { closeSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Deadline, deadlineIn, monotonicMs, onExpiry, sinceBootMs } from '../lib/system/clock.ts';
import type { ActionName } from './agent.ts';
import type { OcfExitCode } from './exit-codes.ts';
import type { Environment } from './parse.ts';

/** Names the descriptor to which the exit code is to be written. */
const DESCRIPTOR = 'OCF_RESULT_DESCRIPTOR';
/** When an action that had to wait was begun, in seconds since boot. */
const BEGUN = 'OCF_BEGUN_AT';

/** What is done after the result ends by then by itself, and a second later by force. */
const AFTERWARDS_MS = 5_000;
const WAIT_SECONDS = AFTERWARDS_MS / 1000 + 1;

/** The file may have been removed and made anew since it was opened. */
const isStill = (lock: string): string => `[ "${lock}" -ef /proc/self/fd/9 ]`;

/**
 * For the shell line: what an earlier action still does after its result is over before this one begins. Its process may hang in a
 * system call, where no timer of its own ends it; killed, it does nothing more, not even when its disk answers again. What it has
 * started is of the process group of its action, as a rule, and is killed with it.
 *
 * The lock is the kernel's and goes with the process that has it. The file names that process from its result on, which is alive as
 * long as the lock is held.
 *
 * @param lock for a shell, in double quotes
 */
export const afterTheLast = (lock: string): string =>
  [
    `case "$1" in meta-data|methods|validate-all) ;; *)`,
    `if [ -s "${lock}" ] && command exec 9<"${lock}"; then read -r ${BEGUN} _ </proc/uptime; export ${BEGUN};`,
    `if ! flock -w ${WAIT_SECONDS} 9 && read -r going leader <"${lock}" && read -r _ _ _ _ group _ <"/proc/$going/stat"; then`,
    `if [ "$group" = "$leader" ]; then kill -9 "-$group"; else kill -9 "$going"; fi;`,
    `echo "an earlier action went on for more than ${WAIT_SECONDS} s (process $going) and was killed" >&2; flock -w 1 9; fi;`,
    `if ${isStill(lock)}; then rm -f "${lock}"; fi; exec 9<&-; fi;; esac;`,
  ].join(' ');

/**
 * For the shell line: the executor has the result of this action as soon as it is known, and the process goes on
 * ({@link ActionResult.afterwards}). Who writes no exit code has failed. Where nobody could be made to wait for it, the action ends as any other.
 */
export const goingOnAfter = (action: ActionName, lock: string): string =>
  [
    `case "$1" in ${action}) if mkdir -p -m 700 "${dirname(lock)}" && command exec 9>>"${lock}" && flock -n 9`,
    `&& ${isStill(lock)} && : >"${lock}"; then exec 4>&1;`,
    // The process, and its exit code.
    `set -- $(${DESCRIPTOR}=3 /bin/sh -c 'echo $$ >&3; exec /usr/bin/env node "$0" "$@"' "$0" "$@" 3>&1 1>&4 4>&- &);`,
    `echo "$1 $$" >&9; exit "\${2:-1}"; fi;; esac;`,
  ].join(' ');

/** @returns milliseconds of the executor's clock, by which it ends an action: since this process was started, or began to wait in a shell */
export const executorsMs = (env: Environment): number => {
  const begunSeconds = Number.parseFloat(env[BEGUN] ?? '');
  return begunSeconds >= 0 ? sinceBootMs() - begunSeconds * 1000 : monotonicMs();
};

/** @returns whether the executor is given the result, so that this process may go on */
export const tellResult = (code: OcfExitCode): boolean => {
  const descriptor = Number.parseInt(process.env[DESCRIPTOR] ?? '', 10);
  delete process.env[DESCRIPTOR];
  if (!(descriptor > 2)) return false;
  try {
    writeSync(descriptor, `${code}\n`);
    closeSync(descriptor);
    return true;
  } catch {
    // The shell was killed, so to the executor this action has failed.
    return false;
  }
};

/** Never rejects, and returns in time whatever becomes of it. */
export const goOn = (
  afterwards: (deadline: Deadline) => Promise<void>,
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
    process.on('SIGTERM', () => broken('ended by SIGTERM'));
    onExpiry(deadline, () => broken('out of time'));
    afterwards(deadline).then(resolve, broken);
  });
