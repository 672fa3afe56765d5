import { type Deadline, sleep } from '../system/clock.ts';
import { describeFailure, type RunResult, run, succeeded } from '../system/process.ts';

export type CibText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly result: RunResult };

export interface CibQuestion {
  readonly deadline: Deadline;
  readonly interrupted?: AbortSignal;
}

const ASKS = 3;
const PAUSE_MS = 100;

/**
 * `cibadmin --query`. It ends with success and without a word when the reply of the CIB manager is empty (its log then has
 * "Query returned no output"), as seen on a machine with twenty times the work that it can do. That is no answer, and since
 * a read changes nothing, it is asked again.
 */
export async function readCibText(args: readonly string[], question: CibQuestion): Promise<CibText> {
  for (let asked = 1; ; asked++) {
    const result = await run('cibadmin', ['--query', ...args], question);
    if (!succeeded(result)) return { ok: false, reason: describeFailure(result), result };
    if (result.stdout.trim() !== '') return { ok: true, text: result.stdout };
    if (asked === ASKS || question.interrupted?.aborted) return { ok: false, reason: SAID_NOTHING, result };
    await sleep(PAUSE_MS);
  }
}

const SAID_NOTHING = `cibadmin: it was asked ${ASKS} times, and each time ended with success and without an answer; this machine may be overloaded: try again, and see what pacemaker-based says in Pacemaker's log`;
