/**
 * The arbiter is asked, over a network of its own. A question may be carried out though nobody hears the answer, and by an arbiter that was
 * frozen it is carried out late, if only one was sent: more than a real one would, whose login comes first.
 */
import type { Acquired, LockAnswer } from '../../../lib/distlock/answer.ts';
import type { Beside, Held, Seen } from '../../../lib/distlock/arbiter.ts';
import { ANSWER_MS } from '../../../lib/distlock/guard/renewal.ts';
import { closedGate, type Gate, openGate, type Pause } from '../agent/pause.ts';
import { between } from '../random.ts';
import { after } from '../time.ts';
import type { Machine, World } from '../world.ts';
import { type Arbiter, acquireRow, besideOf, NOBODYS, type RowName, releaseRow, stateOf } from './arbiter.ts';

/** LOOK_MS of lib/pgsql/lock/observe-lock.ts, which is no part of its interface */
export const LOOK_MS = 1_500;

/** Who asks, and by when it has an answer or gives up. */
export interface Asker {
  readonly machine: Machine;
  readonly untilMs: number;
  /** something may come in between of what is carried out and its answer: see World.onMoment */
  readonly isAgent: boolean;
}

type Statement = (arbiter: Arbiter) => void;
type Asked<T> = Generator<Pause, LockAnswer<T>, boolean>;

const SILENT: LockAnswer<never> = {
  ok: false,
  failure: { kind: 'silent', sentence: 'the arbiter: no answer in time' },
};

/** The agent's, with its patience or what is left of its time. */
export const agentOn = (
  world: World,
  machine: Machine,
  deadlineMs: number,
  patienceMs = ANSWER_MS,
): Asker => ({
  machine,
  untilMs: Math.min(deadlineMs, world.agenda.nowMs + patienceMs),
  isAgent: true,
});

/** Each statement is sent when the answer to the one before it has come. */
function* ask<T>(world: World, asker: Asker, statements: readonly Statement[], result: () => T): Asked<T> {
  const { arbiter } = world;
  if (arbiter === undefined) return SILENT;
  for (const statement of statements) {
    const leftMs = asker.untilMs - world.agenda.nowMs;
    if (leftMs <= 0) return SILENT;
    const answered = closedGate(leftMs);
    send(world, arbiter, asker, statement, answered);
    if (!(yield answered)) return SILENT;
  }
  return { ok: true, value: result() };
}

const send = (
  world: World,
  arbiter: Arbiter,
  { machine, isAgent }: Asker,
  statement: Statement,
  answered: Gate,
): void => {
  const reaches = (): boolean => arbiter.off === 0 && arbiter.cutOff[machine.index] === 0;
  const soon = (run: () => void): void => after(world, between(world.random, 0.1, 2), undefined, run);
  const carryOut = (): void => {
    if (arbiter.off > 0) return;
    if (arbiter.held !== undefined) {
      arbiter.held.push(carryOut);
      return;
    }
    statement(arbiter);
    if (isAgent) world.onMoment();
    // To a frozen machine, too: it takes that for an answer of the moment in which it goes on.
    if (reaches()) soon(() => openGate(answered));
  };
  if (reaches()) soon(carryOut);
};

export function* acquire(world: World, asker: Asker, row: RowName, ifRenewedAt?: string): Asked<Acquired> {
  let acquired: Acquired = { taken: false, before: undefined };
  const statement: Statement = (arbiter) => {
    acquired = acquireRow(arbiter, world.agenda.nowMs, row, asker.machine.name, ifRenewedAt);
  };
  return yield* ask(world, asker, [statement], () => acquired);
}

export function* release(world: World, asker: Asker, row: RowName): Asked<boolean> {
  const { name } = asker.machine;
  let seen = NOBODYS;
  let isReleased = false;
  const look: Statement = ({ rows }) => {
    seen = rows[row];
  };
  const giveBack: Statement = (arbiter) => {
    isReleased = seen.owner === name && releaseRow(arbiter, world.agenda.nowMs, row, seen);
  };
  for (;;) {
    const answer = yield* ask(world, asker, [look, giveBack], () => isReleased);
    if (!answer.ok || answer.value || seen.owner !== name) return answer;
  }
}

export function* inheritAlone(world: World, asker: Asker, from: string): Asked<boolean> {
  const { name } = asker.machine;
  let seen = NOBODYS;
  let isTaken = false;
  const look: Statement = ({ rows }) => {
    seen = rows.alone;
  };
  const take: Statement = (arbiter) => {
    isTaken = seen.owner === from && acquireRow(arbiter, world.agenda.nowMs, 'alone', name, seen.stamp).taken;
  };
  return yield* ask(world, asker, [look, take], () => isTaken);
}

export function* nameDatabase(world: World, asker: Asker, systemIdentifier: string): Asked<boolean> {
  let isOurs = false;
  const statement: Statement = (arbiter) => {
    if (arbiter.database === '') arbiter.database = systemIdentifier;
    isOurs = arbiter.database === systemIdentifier;
  };
  return yield* ask(world, asker, [statement], () => isOurs);
}

/** hold() in lib/distlock/arbiter.ts */
export function* hold(world: World, asker: Asker): Asked<Held> {
  let acquired: Acquired = { taken: false, before: undefined };
  let beside: Beside = { aloneOwner: '', database: '' };
  const take: Statement = (arbiter) => {
    acquired = acquireRow(arbiter, world.agenda.nowMs, 'lock', asker.machine.name);
  };
  const look: Statement = (arbiter) => {
    beside = besideOf(arbiter);
  };
  return yield* ask(world, asker, [take, look], () => ({ acquired, ...beside }));
}

/** see() there */
export function* see(world: World, asker: Asker): Asked<Seen> {
  let state = stateOf(NOBODYS, 0);
  let beside: Beside = { aloneOwner: '', database: '' };
  const look: Statement = ({ rows }) => {
    state = stateOf(rows.lock, world.agenda.nowMs);
  };
  const lookBeside: Statement = (arbiter) => {
    beside = besideOf(arbiter);
  };
  return yield* ask(world, asker, [look, lookBeside], () => ({ state, ...beside }));
}
