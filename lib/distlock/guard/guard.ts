/** What the agent does with the guard: starts it, moves its deadline, looks whether it is there, sends it home. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../system/as-user.ts';
import { keepInBackground, runsInBackground } from '../../system/background.ts';
import { type Deadline, deadlineIn, sinceBootMs, sleep, within } from '../../system/clock.ts';
import { readTextUnlinked, removeFile } from '../../system/files.ts';
import { writeEvenIfFull } from '../../system/overwrite.ts';
import { processInfo, signalProcess } from '../../system/proc.ts';
import { objectionToGuard } from '../decide/guard.ts';
import type { LeaseBudget } from '../lease.ts';
import {
  formatOrders,
  type GuardOrders,
  type LifeSign,
  type ProcessKey,
  parseLifeSign,
  parseOrders,
} from './orders.ts';
import { ANSWER_MS, formatGuardedLock, type GuardedLock, withoutFiles } from './renewal.ts';

/** With this word in place of an action, the agent's executable is the guard. */
export const GUARD = 'lease-guard';

/** For root alone, on a tmpfs: /run/pha, say. */
export interface GuardPlace {
  readonly directory: string;
  readonly resource: string;
}

const file = ({ directory, resource }: GuardPlace, suffix: string): string =>
  join(directory, `${resource}.lease-${suffix}`);

const writeTo = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeEvenIfFull(path, text, 0o600);
};

const write = (place: GuardPlace, text: string): void => writeTo(file(place, 'orders'), text);

/**
 * What the guard renews, by itself; see renewal.ts. Nothing where it cannot do so: renewals of an arbiter that is named no more
 * would keep PostgreSQL running by the wrong lock.
 */
export const tellLock = (place: GuardPlace, { arbiter, ...lock }: GuardedLock): void => {
  const path = file(place, 'lock');
  const reachable = withoutFiles(arbiter);
  const text = reachable && formatGuardedLock({ ...lock, arbiter: reachable });
  if (text === undefined || !isWritten(path, text)) removeFile(path, ROOT);
};

const isWritten = (path: string, text: string): boolean => {
  try {
    if (readTextUnlinked(path) !== text) writeTo(path, text);
    return true;
  } catch {
    return false;
  }
};

/** The last that were given. */
export const ordersOf = (place: GuardPlace): GuardOrders | undefined =>
  parseOrders(readTextUnlinked(file(place, 'orders')) ?? '');

const lifeSignOf = (place: GuardPlace): LifeSign | undefined =>
  parseLifeSign(readTextUnlinked(file(place, 'life')) ?? '');

const lastSequence = (place: GuardPlace): number => ordersOf(place)?.sequence ?? 0;

/**
 * Moves the deadline; to be called only after the arbiter has said yes.
 *
 * @param sentAtMs since boot, from before the arbiter was asked
 */
export const moveDeadline = (
  place: GuardPlace,
  postmaster: ProcessKey,
  sentAtMs: number,
  { quitAfterMs, killAfterMs }: LeaseBudget,
): void =>
  write(
    place,
    formatOrders({
      kind: 'watch',
      sequence: lastSequence(place) + 1,
      postmaster,
      quitAtMs: sentAtMs + quitAfterMs,
      killAtMs: sentAtMs + killAfterMs,
    }),
  );

/**
 * Starts it unless it runs. Its orders must be there already.
 *
 * @param command the executable of the guard, and what comes before its own arguments
 * @returns whether it had to be started
 */
export const keepGuard = (place: GuardPlace, command: readonly string[]): boolean =>
  keepInBackground(file(place, 'guard'), 'lease', [
    ...command,
    file(place, 'orders'),
    file(place, 'life'),
    file(place, 'lock'),
  ]);

const AWARE_LOOK_MS = 20;
/** From SIGKILL until a process is gone. */
const KILL_MS = 500;

/** Waits until the guard has read its newest orders; false when the deadline has come first. */
export const awaitGuard = async (place: GuardPlace, deadline: Deadline): Promise<boolean> => {
  for (;;) {
    const sign = lifeSignOf(place);
    const isAware = sign !== undefined && sign.sequence >= lastSequence(place);
    if (isAware && guardObjection(place, sinceBootMs()) === undefined) return true;
    if (deadline.expired()) return false;
    await sleep(AWARE_LOOK_MS);
  }
};

/** One that is stopped by a signal, or hangs: nothing but this ends it, and keepGuard() starts another. */
export const killGuard = async (place: GuardPlace, deadline: Deadline): Promise<void> => {
  const guard = lifeSignOf(place)?.guard;
  if (guard === undefined) return;
  if (isRunning(guard)) signalProcess(guard.pid, 'SIGKILL');
  while (isRunning(guard) && !deadline.expired()) await sleep(AWARE_LOOK_MS);
};

const isRunning = ({ pid, startTicks }: ProcessKey): boolean => processInfo(pid)?.startTicks === startTicks;

/** Only after PostgreSQL is gone, or a standby. A guard that cannot be told is killed: its last orders would end PostgreSQL. */
export const endGuard = (place: GuardPlace): void => {
  try {
    write(place, formatOrders({ kind: 'end', sequence: lastSequence(place) + 1 }));
  } catch {
    const guard = lifeSignOf(place)?.guard;
    if (guard !== undefined && isRunning(guard)) signalProcess(guard.pid, 'SIGKILL');
    removeFile(file(place, 'orders'), ROOT);
  }
  removeFile(file(place, 'lock'), ROOT);
};

/** endGuard(), and waits for it: a renewal that is under way would take a lock again that was given back. */
export const dismissGuard = async (place: GuardPlace, deadline: Deadline): Promise<void> => {
  endGuard(place);
  const patience = within(deadline, ANSWER_MS + AWARE_LOOK_MS);
  while (runsInBackground(file(place, 'guard')) && !patience.expired()) await sleep(AWARE_LOOK_MS);
  await killGuard(place, deadlineIn(KILL_MS));
};

/** When PostgreSQL is ended, as far as the agent and the guard have told each other; undefined where nothing is guarded. */
export const guardedUntilMs = (place: GuardPlace): number | undefined => {
  const orders = ordersOf(place);
  return orders?.kind === 'watch' ? Math.max(orders.quitAtMs, lifeSignOf(place)?.quitAtMs ?? 0) : undefined;
};

/** Why it cannot be relied upon; undefined if it can. */
export const guardObjection = (place: GuardPlace, orderedAtMs: number): string | undefined => {
  const lifeSign = lifeSignOf(place);
  const info = lifeSign === undefined ? undefined : processInfo(lifeSign.guard.pid);
  const isSame = info !== undefined && info.startTicks === lifeSign?.guard.startTicks;
  return objectionToGuard({
    running: isSame ? { pid: info.pid, startTicks: info.startTicks, state: info.state } : undefined,
    lifeSign,
    ordered: { sequence: lastSequence(place), atMs: orderedAtMs },
    nowMs: sinceBootMs(),
  });
};
