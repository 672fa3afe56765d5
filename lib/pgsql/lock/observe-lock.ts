import { see } from '../../distlock/arbiter.ts';
import type { Listed } from '../../distlock/decide/holding.ts';
import { guardedUntilMs, guardObjection } from '../../distlock/guard/guard.ts';
import { leaseBudget } from '../../distlock/lease.ts';
import { type Deadline, sinceBootMs, wallClockMs, within } from '../../system/clock.ts';
import { askListed } from './ask-listed.ts';
import type { Asking, LockFacts, LockInstallation, LockQuestion } from './facts.ts';
import { renew } from './renew.ts';

/**
 * The one thing that an observation changes: a renewal, which nobody but the owner of the lock can tell from a look.
 *
 * @param listedBefore what the list of nodes has said in this operation already: it is asked once
 */
export const observeLock = async (
  self: string,
  installation: LockInstallation,
  asking: Asking,
  deadline: Deadline,
  listedBefore?: readonly Listed[],
): Promise<LockFacts> => {
  const quitAtMs = guardedUntilMs(installation.guard);
  const objection =
    asking === 'renew' && quitAtMs !== undefined
      ? guardObjection(installation.guard, quitAtMs - leaseBudget(installation).quitAfterMs)
      : undefined;
  const sentAtMs = sinceBootMs();
  const limitMs = asking === 'renew' ? patienceMs(quitAtMs, sentAtMs) : LOOK_MS;
  const question = await ask(self, installation, asking, within(deadline, limitMs));
  const listed = listedBefore ?? (await askListIfSilent(self, installation, question, deadline));
  return {
    question,
    sentAtMs,
    answeredAtMs: sinceBootMs(),
    wallMs: wallClockMs(),
    guard: { quitAtMs, objection },
    ...(listed === undefined ? {} : { listed }),
  };
};

const askListIfSilent = async (
  self: string,
  { listed }: LockInstallation,
  question: LockQuestion,
  deadline: Deadline,
): Promise<readonly Listed[] | undefined> =>
  listed === undefined || question.kind !== 'renewed' || question.answer.ok
    ? undefined
    : askListed(self, listed, deadline);

/** A standby that does not reach the arbiter says so at once: the primary's lease is running out meanwhile. */
const LOOK_MS = 1_500;
const SHORTEST_MS = 300;

/** The less is left, the sooner it looks again: not only for an answer, but also for the other node's word. */
const patienceMs = (quitAtMs: number | undefined, nowMs: number): number =>
  quitAtMs === undefined ? LOOK_MS : Math.min(LOOK_MS, Math.max(SHORTEST_MS, (quitAtMs - nowMs) / 8));

const ask = async (
  owner: string,
  installation: LockInstallation,
  asking: Asking,
  deadline: Deadline,
): Promise<LockQuestion> => {
  switch (asking) {
    case 'renew':
      return { kind: 'renewed', answer: await renew(owner, installation, deadline) };
    case 'look':
      return { kind: 'looked', answer: await see(installation.arbiter, deadline) };
    case 'nothing':
      return { kind: 'not-asked' };
  }
};
