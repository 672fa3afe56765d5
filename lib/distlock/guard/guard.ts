/** What the agent does with the guard: starts it, moves its deadline, looks whether it is there, sends it home. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../system/as-user.ts';
import { keepInBackground } from '../../system/background.ts';
import { sinceBootMs } from '../../system/clock.ts';
import { readTextUnlinked, writeFileAtomically } from '../../system/files.ts';
import { processInfo } from '../../system/proc.ts';
import { objectionToGuard } from '../decide/guard.ts';
import type { LeaseBudget } from '../lease.ts';
import { formatOrders, type ProcessKey, parseLifeSign, parseOrders } from './orders.ts';

/** For root alone, on a tmpfs: /run/pha, say. */
export interface GuardPlace {
  readonly directory: string;
  readonly resource: string;
}

const file = ({ directory, resource }: GuardPlace, suffix: string): string =>
  join(directory, `${resource}.lease-${suffix}`);

const write = (place: GuardPlace, text: string): void => {
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  writeFileAtomically(file(place, 'orders'), text, { user: ROOT, mode: 0o600 });
};

const lastSequence = (place: GuardPlace): number =>
  parseOrders(readTextUnlinked(file(place, 'orders')) ?? '')?.sequence ?? 0;

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
  keepInBackground(file(place, 'guard'), 'lease', [...command, file(place, 'orders'), file(place, 'life')]);

/** Only after PostgreSQL is gone, or a standby. */
export const endGuard = (place: GuardPlace): void =>
  write(place, formatOrders({ kind: 'end', sequence: lastSequence(place) + 1 }));

/** Why it cannot be relied upon; undefined if it can. */
export const guardObjection = (place: GuardPlace, orderedAtMs: number): string | undefined => {
  const lifeSign = parseLifeSign(readTextUnlinked(file(place, 'life')) ?? '');
  const info = lifeSign === undefined ? undefined : processInfo(lifeSign.guard.pid);
  const isSame = info !== undefined && info.startTicks === lifeSign?.guard.startTicks;
  return objectionToGuard({
    running: isSame ? { pid: info.pid, startTicks: info.startTicks, state: info.state } : undefined,
    lifeSign,
    ordered: { sequence: lastSequence(place), atMs: orderedAtMs },
    nowMs: sinceBootMs(),
  });
};
