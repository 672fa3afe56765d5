/**
 * The guard renews as well: on a busy machine the agent, which Pacemaker starts anew for each monitor, may come later than a
 * lease lasts. It does so only for as long as the agent has lately been there, so that a node whose Pacemaker hangs lets go.
 */
import type { ServerAddress } from '../../postgres/address.ts';
import { knownPassword } from '../../postgres/password.ts';
import { type Deadline, deadlineIn, sinceBootMs } from '../../system/clock.ts';
import { isNumber, isObject, isText, parseJson } from '../../system/json.ts';
import type { LockAnswer } from '../answer.ts';
import { type Arbiter, type Held, hold } from '../arbiter.ts';
import { leaseBudget, RENEWALS_PER_LEASE } from '../lease.ts';

/** For one answer: a slower arbiter counts as silent. */
export const ANSWER_MS = 2_000;

/** For how long after the agent's last order the guard renews. */
const VOUCHED_LEASES = 2;

/** What the agent tells the guard of the lock, with the arbiter's password, in a file for root alone. */
export interface GuardedLock {
  readonly owner: string;
  readonly leaseMs: number;
  readonly arbiter: Arbiter;
}

export const formatGuardedLock = (lock: GuardedLock): string => `${JSON.stringify(lock)}\n`;

/** Undefined for half of it. */
export const parseGuardedLock = (text: string): GuardedLock | undefined => {
  const raw = parseJson(text);
  return isGuardedLock(raw) ? raw : undefined;
};

const isGuardedLock = (raw: unknown): raw is GuardedLock =>
  isObject(raw) &&
  isText(raw.owner) &&
  isNumber(raw.leaseMs) &&
  isObject(raw.arbiter) &&
  isObject(raw.arbiter.address) &&
  isObject(raw.arbiter.lock);

/**
 * As the guard may reach it: reading a disk that hangs, it would hang, too.
 *
 * @returns undefined where it would have to, for the files of TLS
 */
export const withoutFiles = ({ address, lock }: Arbiter): Arbiter | undefined => {
  const { passfile: _, osUser: __, ...rest } = address;
  const { rootCertFile, certFile, keyFile } = address.tls ?? {};
  if (rootCertFile !== undefined || certFile !== undefined || keyFile !== undefined) return undefined;
  const password = passwordIfAny(address);
  return { lock, address: password === undefined ? rest : { ...rest, password } };
};

/** An arbiter that wants none is not kept from anybody by a password file that cannot be used. */
const passwordIfAny = (address: ServerAddress): string | undefined => {
  try {
    return knownPassword(address);
  } catch {
    return undefined;
  }
};

/** Was the lock renewed, and may its owner be the primary by it? */
export const isOurs = ({ acquired, aloneOwner = '' }: Held, owner: string): boolean =>
  acquired.taken && (aloneOwner === '' || aloneOwner === owner);

/** Until when PostgreSQL may run, milliseconds since boot. */
export interface Term {
  readonly quitAtMs: number;
  readonly killAtMs: number;
}

type Ask = (lock: GuardedLock, deadline: Deadline) => Promise<LockAnswer<Held>>;

const askArbiter: Ask = ({ arbiter, owner, leaseMs }, deadline) =>
  hold(arbiter, { owner, leaseMs }, deadline);

export interface Renewals {
  /** By the last renewal that this process has been told of. */
  readonly term: () => Term | undefined;
  /** Sends the next one if it is time for it, and the agent's last order is not too old. Never throws, and waits for nothing. */
  readonly keep: (orderedAtMs: number) => void;
}

/** @param read what the agent has written last */
export const renewals = (read: () => GuardedLock | undefined, ask: Ask = askArbiter): Renewals => {
  let term: Term | undefined;
  let isUnderWay = false;
  let lastSentAtMs = Number.NEGATIVE_INFINITY;

  const renew = async (lock: GuardedLock, sentAtMs: number): Promise<void> => {
    const answer = await ask(lock, deadlineIn(ANSWER_MS));
    if (!answer.ok || !isOurs(answer.value, lock.owner)) return;
    const { quitAfterMs, killAfterMs } = leaseBudget(lock);
    term = { quitAtMs: sentAtMs + quitAfterMs, killAtMs: sentAtMs + killAfterMs };
  };

  return {
    term: () => term,
    keep: (orderedAtMs) => {
      const lock = isUnderWay ? undefined : read();
      const nowMs = sinceBootMs();
      if (lock === undefined || nowMs - orderedAtMs > VOUCHED_LEASES * lock.leaseMs) return;
      if (nowMs - lastSentAtMs < lock.leaseMs / RENEWALS_PER_LEASE) return;
      lastSentAtMs = nowMs;
      isUnderWay = true;
      renew(lock, nowMs)
        .catch(() => {})
        .finally(() => {
          isUnderWay = false;
        });
    },
  };
};
