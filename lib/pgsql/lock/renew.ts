import type { LockAnswer } from '../../distlock/answer.ts';
import { type Held, hold } from '../../distlock/arbiter.ts';
import { moveDeadline, ordersOf } from '../../distlock/guard/guard.ts';
import { ANSWER_MS, isOurs } from '../../distlock/guard/renewal.ts';
import { leaseBudget } from '../../distlock/lease.ts';
import { type Deadline, deadlineIn, sinceBootMs, within } from '../../system/clock.ts';
import type { LockInstallation } from './facts.ts';

/** So often the lock is renewed within a lease while something takes long. */
const AGENT_RENEWALS_PER_LEASE = 4;

/**
 * Renews the lock, and moves the deadline of what is guarded already: with the arbiter's word nothing else has to be known, and
 * a server that is slow to answer must not be ended for that.
 */
export const renew = async (
  owner: string,
  installation: LockInstallation,
  deadline: Deadline,
): Promise<LockAnswer<Held>> => {
  const { arbiter, leaseMs, guard } = installation;
  const sentAtMs = sinceBootMs();
  const answer = await hold(arbiter, { owner, leaseMs }, within(deadline, ANSWER_MS));
  if (!answer.ok || !isOurs(answer.value, owner)) return answer;
  try {
    const orders = ordersOf(guard);
    if (orders?.kind === 'watch') moveDeadline(guard, orders.postmaster, sentAtMs, leaseBudget(installation));
  } catch {
    // The deadline stays where it is. That the guard renews, too, is as good.
  }
  return answer;
};

const isWatched = ({ guard }: LockInstallation): boolean => ordersOf(guard)?.kind === 'watch';

/**
 * Waits for `work`, and renews meanwhile what is guarded: a shutdown in good order or an answer of a busy server may take longer
 * than a lease. Without a lock, or a server that is guarded, it only waits. The last renewal is over when this returns: one that
 * came after the lock was given back would take it again.
 */
export const renewingWhile = async <T>(
  owner: string,
  installation: LockInstallation | undefined,
  work: Promise<T>,
): Promise<T> => {
  if (installation === undefined || !isWatched(installation)) return work;
  let renewal: Promise<unknown> = Promise.resolve();
  const renewIfWatched = async (): Promise<void> => {
    if (isWatched(installation)) await renew(owner, installation, deadlineIn(ANSWER_MS));
  };
  // One that fails, for whatever reason, is no failure of the work.
  const timer = setInterval(() => {
    renewal = renewal.then(renewIfWatched).catch(() => {});
  }, installation.leaseMs / AGENT_RENEWALS_PER_LEASE);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    await renewal;
  }
};
