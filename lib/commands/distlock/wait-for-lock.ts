import { type Acquired, type LockAnswer, remainingMs } from '../../distlock/answer.ts';
import type { Deadline } from '../../system/clock.ts';
import { pause } from '../cluster/wait.ts';

/** It may be given back before its lease ends. */
const LONGEST_PAUSE_MS = 1000;
const SHORTEST_PAUSE_MS = 50;

export interface WaitOptions {
  /** As it was asked for; Infinity: until it has the lock. */
  readonly waitMs: number;
  /** After it no further attempt begins. */
  readonly deadline: Deadline;
  readonly onState: (text: string) => void;
  readonly interrupted: AbortSignal;
}

/** Whether there is no use in trying again. An arbiter that is silent may come back; who waits without an end would not learn of it. */
export const isSettled = (answer: LockAnswer<Acquired>, waitMs: number): boolean =>
  answer.ok ? answer.value.taken : answer.failure.kind !== 'silent' || !Number.isFinite(waitMs);

/** The attempts, and whether one of them may have taken the lock without saying so: since the last answer one was sent, and lost. */
export function watched(attempt: () => Promise<LockAnswer<Acquired>>) {
  let mayBeTaken = false;
  return {
    attempt: async (): Promise<LockAnswer<Acquired>> => {
      const answer = await attempt();
      if (answer.ok) mayBeTaken = false;
      else if (answer.failure.kind === 'silent' && answer.failure.isUnchanged !== true) mayBeTaken = true;
      return answer;
    },
    mayBeTaken: (): boolean => mayBeTaken,
  };
}

/**
 * Tries again after a first answer, until one settles it or the time is over. A question that is under way when the wait
 * is interrupted is waited for: its answer tells whether the lock is ours.
 */
export async function waitForLock(
  first: LockAnswer<Acquired>,
  attempt: () => Promise<LockAnswer<Acquired>>,
  { waitMs, deadline, onState, interrupted }: WaitOptions,
): Promise<LockAnswer<Acquired>> {
  let answer = first;
  while (!isSettled(answer, waitMs)) {
    onState(stateOf(answer));
    await pause(Math.min(pauseAfter(answer), deadline.remainingMs()), interrupted);
    if (deadline.expired() || interrupted.aborted) return answer;
    answer = await attempt();
  }
  return answer;
}

/** Without the seconds that are left: a log would get a line for each of them. */
function stateOf(answer: LockAnswer<Acquired>): string {
  if (!answer.ok) return answer.failure.sentence;
  return `${answer.value.before?.owner || 'another one'} has it`;
}

function pauseAfter(answer: LockAnswer<Acquired>): number {
  if (!answer.ok) return LONGEST_PAUSE_MS;
  const { before } = answer.value;
  const untilExpiryMs = before === undefined ? 0 : remainingMs(before);
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, untilExpiryMs));
}
