/** What is done with the lock and with the guard of its lease. */
import type { Acquired, LockAnswer } from '../../distlock/answer.ts';
import { type Arbiter, acquire, look, release } from '../../distlock/arbiter.ts';
import {
  awaitGuard,
  dismissGuard,
  keepGuard,
  killGuard,
  moveDeadline,
  ordersOf,
  tellLock,
} from '../../distlock/guard/guard.ts';
import { ANSWER_MS } from '../../distlock/guard/renewal.ts';
import { leaseBudget } from '../../distlock/lease.ts';
import { aloneOf, databaseOf, formatLockId } from '../../distlock/lock-id.ts';
import { DONE, type Outcome } from '../../pacemaker/outcome.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { type Deadline, deadlineIn, sinceBootMs, within } from '../../system/clock.ts';
import type { LockInstallation } from './facts.ts';

/** Until it is given back: a node that is gone for good keeps it. PostgreSQL before 15 knows no more seconds than 2^31. */
const FOR_EVER_MS = 50 * 365 * 24 * 3600 * 1000;
const AWARE_MS = 2_000;

const failed = (reason: string): Outcome => ({ ok: false, reason });

const soon = (deadline: Deadline): Deadline => within(deadline, ANSWER_MS);

const rowAlone = (arbiter: Arbiter): Arbiter => ({ ...arbiter, lock: aloneOf(arbiter.lock) });

/** Only if nobody has renewed it since it was looked at. */
export const takeLock = async (
  self: string,
  { arbiter, leaseMs }: LockInstallation,
  ifRenewedAt: string,
  deadline: Deadline,
): Promise<Outcome> => {
  const answer = await acquire(arbiter, { owner: self, leaseMs, ifRenewedAt }, soon(deadline));
  if (!answer.ok) return failed(answer.failure.sentence);
  return answer.value.taken ? DONE : failed('the lock was renewed, or taken by another one, in this moment');
};

/**
 * The row beside the lock: from here on nobody else is promoted, until it is given back. Only the owner of the lock may take
 * it: a node that was frozen meanwhile would keep the new primary from its own.
 */
const takeAlone = (
  owner: string,
  { arbiter }: LockInstallation,
  deadline: Deadline,
): Promise<LockAnswer<Acquired>> =>
  acquire(rowAlone(arbiter), { owner, leaseMs: FOR_EVER_MS, ifOwnerOf: arbiter.lock.name }, soon(deadline));

const notAlone = ({ before }: Acquired, self: string, { arbiter }: LockInstallation): Outcome =>
  failed(
    before === undefined || before.owner === '' || before.owner === self
      ? `${self} does not have the lock any more`
      : `${before.owner} has ${formatLockId(rowAlone(arbiter).lock)}, and so commits of its own`,
  );

export const goAlone = async (
  self: string,
  installation: LockInstallation,
  deadline: Deadline,
): Promise<Outcome> => {
  const answer = await takeAlone(self, installation, deadline);
  if (!answer.ok) return failed(answer.failure.sentence);
  return answer.value.taken ? DONE : notAlone(answer.value, self, installation);
};

/** As long as it is the other one's, which holds nothing of its own any more. */
export const inheritAlone = async (
  self: string,
  from: string,
  { arbiter }: LockInstallation,
  deadline: Deadline,
): Promise<Outcome> => {
  const limit = soon(deadline);
  const seen = await look(rowAlone(arbiter), limit);
  if (!seen.ok) return failed(seen.failure.sentence);
  return seen.value.owner === from
    ? nameAlone(self, arbiter, seen.value.renewedAt, limit)
    : failed(`${formatLockId(rowAlone(arbiter).lock)} has changed meanwhile`);
};

/**
 * An operator names the node that goes on, and accepts that what the row's owner holds alone is lost: from here on no other node
 * is promoted. Only if the row is as the operator has seen it.
 */
export const nameAlone = async (
  node: string,
  arbiter: Arbiter,
  ifRenewedAt: string,
  deadline: Deadline,
): Promise<Outcome> => {
  const row = rowAlone(arbiter);
  const answer = await acquire(row, { owner: node, leaseMs: FOR_EVER_MS, ifRenewedAt }, deadline);
  if (!answer.ok) return failed(answer.failure.sentence);
  return answer.value.taken ? DONE : failed(`${formatLockId(row.lock)} has changed meanwhile`);
};

/** The lock is of this database from here on, unless it is another's already. */
export const nameDatabase = async (
  systemIdentifier: string,
  { arbiter }: LockInstallation,
  deadline: Deadline,
): Promise<Outcome> => {
  const row = { ...arbiter, lock: databaseOf(arbiter.lock) };
  const claim = { owner: systemIdentifier, leaseMs: FOR_EVER_MS };
  const answer = await acquire(row, claim, soon(deadline));
  if (!answer.ok) return failed(answer.failure.sentence);
  return answer.value.taken ? DONE : failed(`${formatLockId(row.lock)} is another database's`);
};

export const endAlone = async (
  self: string,
  { arbiter }: LockInstallation,
  deadline: Deadline,
): Promise<Outcome> => {
  const answer = await release(rowAlone(arbiter), self, soon(deadline));
  return answer.ok ? DONE : failed(answer.failure.sentence);
};

/**
 * Invariant 2 with two nodes: the row `#alone` is written, and after that this node still has the lock. Whoever takes the
 * lock later looks at that row after it has it, and so cannot miss it.
 */
export const confirmByLock = async (
  self: string,
  installation: LockInstallation,
  deadline: Deadline,
): Promise<LockAnswer<Outcome>> => {
  const alone = await takeAlone(self, installation, deadline);
  if (!alone.ok) return alone;
  if (!alone.value.taken) return { ok: true, value: notAlone(alone.value, self, installation) };
  const { arbiter, leaseMs } = installation;
  const answer = await acquire(arbiter, { owner: self, leaseMs }, soon(deadline));
  if (!answer.ok) return answer;
  if (answer.value.taken) return { ok: true, value: DONE };
  // Commits still wait, so this node holds nothing alone but what it held before.
  if (alone.value.before?.owner !== self) await release(rowAlone(arbiter), self, soon(deadline));
  return { ok: true, value: failed(`${answer.value.before?.owner ?? 'another one'} has the lock`) };
};

export interface GuardOrder {
  /** since boot, from before the arbiter was asked */
  readonly sentAtMs: number;
  /** the one that runs is ended first */
  readonly isReplaced?: boolean;
  /** until the guard has read it */
  readonly isAwaited?: boolean;
}

/** Moves the deadline, never backward for the same server, and starts the guard unless it runs. */
export const orderGuard = async (
  self: string,
  pgdata: string,
  installation: LockInstallation,
  { sentAtMs, isReplaced, isAwaited }: GuardOrder,
  note: (sentence: string) => void,
): Promise<Outcome> => {
  const { arbiter, guard, guardCommand, leaseMs } = installation;
  const budget = leaseBudget(installation);
  const postmaster = findPostmaster(pgdata);
  if (postmaster === undefined) return failed('PostgreSQL does not run');
  if (isReplaced) await killGuard(guard, deadlineIn(AWARE_MS));
  const orders = ordersOf(guard);
  const isEarlier =
    orders?.kind === 'watch' &&
    orders.postmaster.pid === postmaster.pid &&
    orders.postmaster.startTicks === postmaster.startTicks &&
    orders.quitAtMs >= sentAtMs + budget.quitAfterMs;
  // What was renewed while something took long counts as well.
  if ((isEarlier ? orders.quitAtMs : sentAtMs + budget.quitAfterMs) <= sinceBootMs())
    return failed('the lease was over before the guard had it');
  if (!isEarlier) moveDeadline(guard, postmaster, sentAtMs, budget);
  tellLock(guard, { owner: self, leaseMs, arbiter });
  if (keepGuard(guard, guardCommand)) note('the guard of the lease is started');
  if (!isAwaited || (await awaitGuard(guard, deadlineIn(AWARE_MS)))) return DONE;
  return failed('the guard of the lease gives no life sign');
};

/** Only where PostgreSQL is gone, or a standby. A lease that cannot be given back ends by itself. */
export const giveBack = async (
  self: string,
  { arbiter, guard }: LockInstallation,
  deadline: Deadline,
  note: (sentence: string) => void,
): Promise<Outcome> => {
  await dismissGuard(guard, deadline);
  const answer = await release(arbiter, self, soon(deadline));
  if (!answer.ok) note(`the lock is not given back, and ends with its lease: ${answer.failure.sentence}`);
  return DONE;
};
