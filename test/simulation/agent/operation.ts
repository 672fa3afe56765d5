/** One call of the agent: observe → decide → execute until it has settled, as lib/pgsql/settle.ts does it. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import {
  conclude,
  type FailedStep,
  failedIn,
  failureOf,
  keptAtOnce,
  memoryAfter,
  memoryAtBegin,
  startsIn,
} from '../../../lib/pgsql/conclude.ts';
import type { Decision, Look } from '../../../lib/pgsql/decide/decision.ts';
import { afterPromotion } from '../../../lib/pgsql/decide/monitor.ts';
import { concerns } from '../../../lib/pgsql/decide/notify.ts';
import type { CallKind } from '../../../lib/pgsql/depth.ts';
import { describeStep } from '../../../lib/pgsql/describe-step.ts';
import { type Memory, parseMemory, serializeMemory } from '../../../lib/pgsql/memory.ts';
import { Score } from '../../../lib/pgsql/names.ts';
import { raisedBy } from '../../../lib/pgsql/record.ts';
import type { Snapshot } from '../../../lib/pgsql/snapshot.ts';
import { type Step, sideBySide } from '../../../lib/pgsql/steps.ts';
import { lsnOf } from '../../../lib/postgres/lsn.ts';
import { updateAttribute } from '../cluster/attributes.ts';
import { NAMES } from '../cluster/cib.ts';
import { between, chance, shuffled } from '../random.ts';
import { type Machine, tell, type World } from '../world.ts';
import { carryOut } from './execute.ts';
import type { Order } from './executor.ts';
import { observe, observeElection } from './observe.ts';
import type { Pause } from './pause.ts';

export interface Ended {
  readonly code: number;
  readonly exitReason: string | undefined;
}

/** What stays the same over all looks of one operation. */
export interface Call {
  readonly kind: CallKind;
  readonly self: string;
  readonly isProbe: boolean;
  readonly order: Order;
  readonly deadlineMs: number;
}

const NOTHING_DONE: Ended = { code: OcfExit.SUCCESS, exitReason: undefined };

/** The agent ends by itself before Pacemaker ends it. */
const AGENTS_SHARE = 0.9;

export function* operate(
  world: World,
  machine: Machine,
  order: Order,
  timeoutMs: number,
): Generator<Pause, Ended, boolean> {
  const { agenda, random, rules, config } = world;
  const goesOn = order.action === 'go-on';
  const kind = order.action === 'probe' || order.action === 'go-on' ? 'monitor' : order.action;
  const decide = goesOn ? afterPromotion(rules.decide.monitor) : rules.decide[kind];
  const startedMs = agenda.nowMs;
  const call: Call = {
    kind,
    self: machine.name,
    isProbe: order.action === 'probe',
    order,
    deadlineMs: startedMs + timeoutMs * AGENTS_SHARE,
  };
  if (
    (kind === 'notify' && !isHeeded(machine, order)) ||
    (isDead(world, machine, order) && chance(random, 0.5))
  ) {
    yield between(random, 2, 6);
    if (kind === 'stop') tellStopped(world, machine, order);
    return NOTHING_DONE;
  }
  if (!goesOn) yield between(random, 30, 90);
  const remembered = machine.memory;
  let memory = memoryAtBegin(kind, remembered);
  let lastFailure = '';
  let shorter: { readonly looksAt: Look; readonly since: Snapshot } | undefined;
  for (let round = 0; ; round++) {
    const snapshot: Snapshot =
      shorter?.looksAt === 'election'
        ? yield* observeElection(world, machine, call, memory, round, shorter.since)
        : yield* observe(world, machine, call, memory, round, shorter?.since);
    const decision = decide(snapshot, config);
    tellDecision(world, machine, kind, decision);
    const kept = call.isProbe ? undefined : keptAtOnce(remembered, memory, decision.memory);
    if (kept !== undefined) machine.memory = asKept(kept);
    const failed = yield* carryOutAll(world, machine, call, snapshot, decision);
    memory = memoryAfter(memory, decision.memory, failed);
    lastFailure = failureOf(failed) ?? lastFailure;
    const time = { elapsedMs: agenda.nowMs - startedMs, isOver: agenda.nowMs >= call.deadlineMs };
    const conclusion = conclude(decision, failed, time, lastFailure);
    if (conclusion.kind === 'end') {
      if (conclusion.keepsMemory && !call.isProbe) machine.memory = asKept(memory);
      return { code: conclusion.result.code, exitReason: conclusion.result.exitReason };
    }
    const { looksAt } = conclusion;
    shorter = looksAt === undefined ? undefined : { looksAt, since: snapshot };
    if (conclusion.afterMs > 0) yield conclusion.afterMs;
  }
}

/** A memory in which nothing is missing, to learn from the product what of it reaches the file. */
const WHOLE: Required<Memory> = {
  syncLosses: { node1: [1] },
  withoutPrimary: { count: 1, seen: 'x' },
  primaryEnd: lsnOf(1n),
  unpublished: ['x'],
  lag: 'x',
  switchLooks: { node: 'node1', looks: 1 },
  watchedMinute: 1,
  monitorsSinceReload: 1,
  waitingSince: { nodes: 'node1', position: lsnOf(1n) },
  started: true,
  absent: ['node1'],
  opensTimeline: true,
  startFailure: 'x',
  holdsLock: true,
  lockSoughtMs: 1,
  holdsNothing: true,
  listed: [],
  catchUps: { node1: 1 },
  watchTried: 1,
  writeFailures: 1,
  refusals: 1,
  lock: {},
  apart: { lookedMs: 1, joins: 'x' },
  logged: { monitor: 'x' },
};
const FORGOTTEN = Object.keys(WHOLE).filter((key) => !(key in parseMemory(serializeMemory(WHOLE))));

/** As it is read from its file by the next operation. */
const asKept = (memory: Memory): Memory => {
  if (!FORGOTTEN.some((key) => key in memory)) return memory;
  return parseMemory(serializeMemory(memory));
};

/** What the executable answers before it starts Node.js: ENDS_UNHEEDED in lib/pgsql/unheeded.ts, which is a text for a shell. */
const isHeeded = (machine: Machine, { notify, announced }: Order): boolean => {
  if (!concerns(notify, machine.name)) return false;
  if (notify?.type !== 'pre' || notify.operation !== 'promote') return true;
  const [candidate = ''] = announced.promote;
  const isHandedOver =
    announced.demote.length > 0 &&
    announced.stop.length === 0 &&
    machine.stack?.attributes.get(candidate)?.get(NAMES.score) === Score.successor;
  return !isHandedOver;
};

/** ENDS_DEAD and STOPS_ENDED, if they can tell, which chance decides. With a lock there is something to give back. */
const isDead = (
  { arbiter }: World,
  { name, database, stack }: Machine,
  { action, announced }: Order,
): boolean =>
  arbiter === undefined &&
  (action === 'demote' ||
    (action === 'stop' && stack?.attributes.get(name)?.get(NAMES.score) === Score.primary)) &&
  database.process === undefined &&
  announced.stop.includes(name);

const tellStopped = (world: World, { name, stack }: Machine, { announced }: Order): void => {
  if (stack === undefined) return;
  updateAttribute(world, stack, name, NAMES.election, undefined);
  if (!announced.start.includes(name)) updateAttribute(world, stack, name, NAMES.status, 'STOP');
};

function* carryOutAll(
  world: World,
  machine: Machine,
  call: Call,
  snapshot: Snapshot,
  { steps }: Decision,
): Generator<Pause, FailedStep | undefined, boolean> {
  let now = snapshot;
  let isStarted = false;
  for (const group of sideBySide(steps)) {
    const failures = new Map<Step, string>();
    // Which of them is over first, chance decides; each is carried out whatever becomes of the others.
    for (const step of group.length > 1 ? shuffled(world.random, group) : group) {
      world.onMoment();
      const held = machine.slow.nextStep;
      if (held > 0) {
        machine.slow.nextStep = 0;
        yield held;
      }
      const outcome = yield* carryOut(world, machine, call, now, step);
      if (world.story !== undefined)
        tell(world, machine, `  ${describeStep(step)}${outcome.ok ? '' : `: failed: ${outcome.reason}`}`);
      if (!outcome.ok) failures.set(step, outcome.reason);
    }
    const reasons = group.map((step) => failures.get(step));
    const failed = failedIn(group, reasons, isStarted);
    if (failed !== undefined) return failed;
    isStarted ||= startsIn(group, reasons);
    now = raisedBy(group, now);
  }
  return undefined;
}

const tellDecision = (world: World, machine: Machine, kind: CallKind, { reasons }: Decision): void => {
  if (world.story === undefined) return;
  for (const { rule, because, level } of reasons)
    if (level !== 'debug') tell(world, machine, `${kind}: [${rule}] ${because}`);
};
