/** The guard of the lease on one machine: a process of its own, which ends PostgreSQL at its deadline, and renews meanwhile. */
import { objectionToGuard } from '../../../lib/distlock/decide/guard.ts';
import type { LifeSign } from '../../../lib/distlock/guard/orders.ts';
import { ANSWER_MS, isOurs } from '../../../lib/distlock/guard/renewal.ts';
import { leaseBudget, RENEWALS_PER_LEASE } from '../../../lib/distlock/lease.ts';
import type { Outcome } from '../../../lib/pacemaker/outcome.ts';
import type { LockFacts } from '../../../lib/pgsql/lock/facts.ts';
import { drive } from '../agent/drive.ts';
import type { Pause } from '../agent/pause.ts';
import type { Process } from '../postgres/database.ts';
import { killServer } from '../postgres/server.ts';
import { between, chance } from '../random.ts';
import { after, type Life } from '../time.ts';
import { bootedAtMs, type Machine, tell, type World } from '../world.ts';
import { LOCK } from './arbiter.ts';
import { type Asker, hold } from './ask.ts';

/** What the agent has told it last. Times are the world's, here and below. */
export interface Orders {
  readonly sequence: number;
  readonly pid: number;
  readonly quitAtMs: number;
  readonly killAtMs: number;
}

export interface Guard extends Life {
  readonly machine: Machine;
  readonly pid: number;
  /** the newest that it has read, and when */
  orders: Orders | undefined;
  orderedAtMs: number;
  /** by its own renewals */
  renewedAtMs: number;
  askedAtMs: number;
  isAsking: boolean;
  hasQuit: boolean;
  /** it looks again then */
  dueMs: number;
}

const { quitAfterMs, killAfterMs } = leaseBudget(LOCK);
/** TICK_MS of lib/distlock/guard/watch.ts, VOUCHED_LEASES of renewal.ts there, AWARE_MS of lib/pgsql/lock/execute-lock.ts */
const TICK_MS = 200;
const VOUCHED_MS = 2 * LOCK.leaseMs;
const AWARE_MS = 2_000;
const LOOK_MS = 20;

const failed = (reason: string): Outcome => ({ ok: false, reason });
const keyOf = ({ pid }: Pick<Guard, 'pid'>) => ({ pid, startTicks: 0n });

/** guardedUntilMs(): a guard that was killed has left its last life sign. */
export const guardedUntilMs = ({ orders, lifeSign }: Machine): number | undefined =>
  orders === undefined ? undefined : Math.max(orders.quitAtMs, lifeSign?.quitAtMs ?? 0);

const objectionTo = (
  world: World,
  { orders, guard, lifeSign }: Machine,
  orderedAtMs: number,
): string | undefined =>
  objectionToGuard({
    running: guard === undefined ? undefined : { ...keyOf(guard), state: 'S' },
    lifeSign,
    ordered: { sequence: orders?.sequence ?? 0, atMs: orderedAtMs },
    nowMs: world.agenda.nowMs,
  });

/** What a monitor of the primary sees of it, in its machine's time since boot. */
export const guardFacts = (world: World, machine: Machine, isRenewing: boolean): LockFacts['guard'] => {
  const at = guardedUntilMs(machine);
  if (at === undefined) return { quitAtMs: undefined, objection: undefined };
  return {
    quitAtMs: at - bootedAtMs(machine),
    objection: isRenewing ? objectionTo(world, machine, at - quitAfterMs) : undefined,
  };
};

interface GuardOrder {
  readonly sentAtMs: number;
  readonly isReplaced: boolean;
  readonly isAwaited: boolean;
}

/** orderGuard() in lib/pgsql/lock/execute-lock.ts */
export function* orderGuard(
  world: World,
  machine: Machine,
  { sentAtMs, isReplaced, isAwaited }: GuardOrder,
): Generator<Pause, Outcome, boolean> {
  const { process } = machine.database;
  if (process === undefined) return failed('PostgreSQL does not run');
  if (isReplaced) killGuard(machine);
  const wanted = sentAtMs + quitAfterMs;
  const { orders } = machine;
  const isEarlier = orders?.pid === process.pid && orders.quitAtMs >= wanted;
  if ((isEarlier ? orders.quitAtMs : wanted) <= world.agenda.nowMs)
    return failed('the lease was over before the guard had it');
  if (!isEarlier) moveDeadline(machine, process.pid, sentAtMs);
  if (machine.guard === undefined) startGuard(world, machine, between(world.random, 50, 500));
  for (let waitedMs = 0; isAwaited && waitedMs < AWARE_MS; waitedMs += LOOK_MS) {
    const isAware =
      machine.lifeSign !== undefined && machine.lifeSign.sequence >= (machine.orders?.sequence ?? 0);
    if (isAware && objectionTo(world, machine, world.agenda.nowMs) === undefined) return { ok: true };
    yield LOOK_MS;
  }
  return isAwaited ? failed('the guard of the lease gives no life sign') : { ok: true };
}

export const moveDeadline = (machine: Machine, pid: number, sentAtMs: number): void => {
  machine.orders = {
    sequence: (machine.orders?.sequence ?? 0) + 1,
    pid,
    quitAtMs: sentAtMs + quitAfterMs,
    killAtMs: sentAtMs + killAfterMs,
  };
};

/** The agent renews, and moves the deadline of what is guarded already. */
export function* renew(world: World, asker: Asker): ReturnType<typeof hold> {
  const { machine } = asker;
  const sentAtMs = world.agenda.nowMs;
  const answer = yield* hold(world, asker);
  if (answer.ok && isOurs(answer.value, machine.name) && machine.orders !== undefined)
    moveDeadline(machine, machine.orders.pid, sentAtMs);
  return answer;
}

/** Its orders stay, and so does its last life sign. */
export const killGuard = (machine: Machine): void => {
  if (machine.guard !== undefined) machine.guard.isOver = true;
  machine.guard = undefined;
};

/** The machine has lost its power. */
export const forgetGuard = (machine: Machine): void => {
  killGuard(machine);
  machine.orders = undefined;
  machine.lifeSign = undefined;
  machine.isGuardKilled = false;
};

/** It ends when the answer to its last question is there, or was waited for long enough. */
export function* dismissGuard(machine: Machine): Generator<Pause, void, boolean> {
  machine.orders = undefined;
  for (let waitedMs = 0; waitedMs <= ANSWER_MS && machine.guard?.isAsking; waitedMs += LOOK_MS) yield LOOK_MS;
  killGuard(machine);
}

export const startGuard = (world: World, machine: Machine, afterMs: number): void => {
  const guard: Guard = {
    isOver: false,
    machine,
    pid: world.pids++,
    orders: undefined,
    orderedAtMs: 0,
    renewedAtMs: -Infinity,
    askedAtMs: -Infinity,
    isAsking: false,
    hasQuit: false,
    dueMs: 0,
  };
  machine.guard = guard;
  machine.isGuardKilled = false;
  lookIn(world, guard, afterMs);
};

const lookIn = (world: World, guard: Guard, afterMs: number): void => {
  guard.dueMs = world.agenda.nowMs + afterMs;
  after(world, afterMs, guard, () => {
    // It was frozen, and is not the first that the kernel lets go on.
    if (world.agenda.nowMs - guard.dueMs > TICK_MS) lookIn(world, guard, between(world.random, 0, TICK_MS));
    else look(world, guard);
  });
};

/** One turn of watchLease(). */
const look = (world: World, guard: Guard): void => {
  const { machine } = guard;
  const { nowMs } = world.agenda;
  const { process } = machine.database;
  if (machine.orders !== undefined && machine.orders !== guard.orders) {
    guard.orders = machine.orders;
    guard.orderedAtMs = nowMs;
  }
  const { orders } = guard;
  if (orders !== undefined) {
    const quitAtMs = Math.max(orders.quitAtMs, guard.renewedAtMs + quitAfterMs);
    const killAtMs = Math.max(orders.killAtMs, guard.renewedAtMs + killAfterMs);
    const server = process?.pid === orders.pid ? process : undefined;
    const step = world.rules.guardStep(
      { kind: 'watch', ...orders, postmaster: keyOf(orders), quitAtMs, killAtMs },
      nowMs,
      server !== undefined,
    );
    if (step.kind === 'end') {
      killGuard(machine);
      return;
    }
    if (step.kind === 'wait') {
      guard.hasQuit = false;
      if (server !== undefined) renewIfTime(world, guard);
    } else if (server !== undefined) endServer(world, guard, server, step.kind);
    machine.lifeSign = lifeSignOf(guard, orders, nowMs, quitAtMs);
  }
  lookIn(world, guard, TICK_MS + between(world.random, 0, 60));
};

const lifeSignOf = (guard: Guard, { sequence }: Orders, atMs: number, quitAtMs: number): LifeSign => ({
  guard: keyOf(guard),
  sequence,
  atMs,
  reached: 'watching',
  quitAtMs,
});

/** An immediate shutdown, which a server may not heed, and then SIGKILL. */
const endServer = (world: World, guard: Guard, server: Process, by: 'quit' | 'kill'): void => {
  const { machine } = guard;
  const { random } = world;
  if (by === 'quit' && guard.hasQuit) return;
  tell(world, machine, `the guard of the lease ends PostgreSQL (${by})`);
  guard.hasQuit = true;
  if (by === 'quit' && (server.isHung || chance(random, 0.1))) return;
  after(world, between(random, 1, 200), server, () => killServer(world, machine));
};

const renewIfTime = (world: World, guard: Guard): void => {
  const { nowMs } = world.agenda;
  const { machine } = guard;
  if (guard.isAsking || nowMs - guard.orderedAtMs > VOUCHED_MS) return;
  if (nowMs - guard.askedAtMs < LOCK.leaseMs / RENEWALS_PER_LEASE) return;
  guard.askedAtMs = nowMs;
  guard.isAsking = true;
  const asker: Asker = { machine, untilMs: nowMs + ANSWER_MS, isAgent: false };
  drive(world, guard, hold(world, asker), (answer) => {
    guard.isAsking = false;
    if (answer.ok && isOurs(answer.value, machine.name)) guard.renewedAtMs = nowMs;
  });
};
