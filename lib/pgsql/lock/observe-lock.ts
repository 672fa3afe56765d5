import { see } from '../../distlock/arbiter.ts';
import { guardedUntilMs, guardObjection } from '../../distlock/guard/guard.ts';
import { ANSWER_MS } from '../../distlock/guard/renewal.ts';
import { leaseBudget } from '../../distlock/lease.ts';
import { type Deadline, sinceBootMs, within } from '../../system/clock.ts';
import type { LockFacts, LockInstallation, LockQuestion } from './facts.ts';
import { renew } from './renew.ts';

export type Asking = 'renew' | 'look' | 'nothing';

/** The one thing that an observation changes: a renewal, which nobody but the owner of the lock can tell from a look. */
export const observeLock = async (
  self: string,
  installation: LockInstallation,
  asking: Asking,
  deadline: Deadline,
): Promise<LockFacts> => {
  const quitAtMs = guardedUntilMs(installation.guard);
  const objection =
    asking === 'renew' && quitAtMs !== undefined
      ? guardObjection(installation.guard, quitAtMs - leaseBudget(installation).quitAfterMs)
      : undefined;
  const sentAtMs = sinceBootMs();
  const question = await ask(self, installation, asking, within(deadline, ANSWER_MS));
  return { question, sentAtMs, answeredAtMs: sinceBootMs(), guard: { quitAtMs, objection } };
};

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
