/**
 * The designated controller carries a plan out: demote, stop, start, promote, each on all nodes at once, with
 * notifications before and after. A change of the CIB ends that after what is under way, and a new plan is made.
 */
import type { NotifyContext } from '../../../lib/pacemaker/notify.ts';
import { enqueue, takeAddress } from '../agent/executor.ts';
import { between } from '../random.ts';
import { after } from '../time.ts';
import { type Stack, tell, type World } from '../world.ts';
import { broadcast } from './corosync.ts';
import type { Action } from './instance.ts';
import { isRunning, type Plan, planOf } from './scheduler.ts';

type Operation = NotifyContext['operation'];

export type Phase =
  | { readonly kind: 'probe' }
  | { readonly kind: 'action'; readonly operation: Operation }
  | { readonly kind: 'notify'; readonly type: NotifyContext['type']; readonly operation: Operation };

export interface Transition {
  readonly plan: Plan;
  readonly phases: Phase[];
  /** nodes of which the result is not known yet */
  readonly waiting: Set<string>;
  isAborted: boolean;
}

const ORDER = ['demote', 'stop', 'start', 'promote'] as const satisfies readonly Operation[];

/** Something has changed: what is not begun yet is planned anew. */
export const abortTransition = (world: World, dc: Stack): void => {
  if (dc.transition !== undefined) dc.transition.isAborted = true;
  else planSoon(world, dc);
};

/** The members have changed: results may never come, and who has something under way says so itself. */
export const abandonTransition = (world: World, dc: Stack): void => {
  dc.transition = undefined;
  planSoon(world, dc);
};

const planSoon = (world: World, dc: Stack): void => {
  if (dc.isPlanning) return;
  dc.isPlanning = true;
  after(world, between(world.random, 5, 40), dc, () => {
    dc.isPlanning = false;
    if (dc.ring?.dc === dc && dc.transition === undefined) begin(world, dc);
  });
};

const begin = (world: World, dc: Stack): void => {
  const plan = planOf(dc.machine.cib, world.settings.migrationThreshold);
  if (plan === undefined) {
    placeAddress(world, dc);
    return;
  }
  const phases: Phase[] =
    plan.probe.length > 0
      ? [{ kind: 'probe' }]
      : ORDER.filter((operation) => plan.lists[operation].length > 0).flatMap((operation): Phase[] => [
          { kind: 'notify', type: 'pre', operation },
          { kind: 'action', operation },
          { kind: 'notify', type: 'post', operation },
        ]);
  dc.transition = { plan, phases, waiting: new Set(), isAborted: false };
  if (world.story !== undefined) tell(world, dc.machine, `plans: ${describe(plan)}`);
  next(world, dc, dc.transition);
};

/** At rest the address is where the primary is, however it came to be there. */
const placeAddress = (world: World, dc: Stack): void => {
  const [primary, ...others] = (dc.ring?.members ?? []).filter(
    ({ executor }) => executor.instance.role === 'promoted' && !executor.instance.isFailed,
  );
  if (primary !== undefined && others.length === 0 && !primary.machine.hasAddress)
    takeAddress(world, primary);
};

const describe = ({ probe, lists }: Plan): string =>
  probe.length > 0
    ? `probe ${probe.join(', ')}`
    : ORDER.filter((operation) => lists[operation].length > 0)
        .map((operation) => `${operation} ${lists[operation].join(', ')}`)
        .join('; ');

const next = (world: World, dc: Stack, transition: Transition): void => {
  const phase = transition.isAborted ? undefined : transition.phases.shift();
  if (phase === undefined) {
    dc.transition = undefined;
    if (transition.isAborted || transition.plan.probe.length > 0) planSoon(world, dc);
    else placeAddress(world, dc);
    return;
  }
  const targets = targetsOf(phase, transition.plan, dc);
  for (const name of targets) transition.waiting.add(name);
  if (targets.length === 0) next(world, dc, transition);
  for (const name of targets) send(world, dc, transition, phase, name);
};

/** Those that run are told: before an action those that run then, after it those that run by then. */
const targetsOf = (phase: Phase, plan: Plan, dc: Stack): readonly string[] => {
  const isHere = (name: string): boolean =>
    dc.ring?.members.some(({ machine }) => machine.name === name) === true;
  if (phase.kind === 'probe') return plan.probe.filter(isHere);
  if (phase.kind === 'action') return plan.lists[phase.operation].filter(isHere);
  return dc.machine.cib.nodes
    .filter((node) => node.online && isRunning(node) && isHere(node.name))
    .map((n) => n.name);
};

const send = (world: World, dc: Stack, transition: Transition, phase: Phase, name: string): void => {
  const { lists } = transition.plan;
  broadcast(world, dc, (member) => {
    if (member.machine.name !== name) return;
    if (phase.kind !== 'notify') {
      const action: Action = phase.kind === 'probe' ? 'probe' : phase.operation;
      enqueue(world, member, { action, announced: lists, notify: undefined, whenDone: undefined });
      return;
    }
    const notify: NotifyContext = { type: phase.type, operation: phase.operation, ...lists };
    const whenDone = (): void =>
      broadcast(world, member, (other) => {
        if (other === dc) arrived(world, dc, transition, name);
      });
    enqueue(world, member, { action: 'notify', announced: lists, notify, whenDone });
  });
};

const arrived = (world: World, dc: Stack, transition: Transition, name: string): void => {
  if (dc.transition !== transition) return;
  transition.waiting.delete(name);
  if (transition.waiting.size === 0) next(world, dc, transition);
};

/** A node has told what has become of its instance: what was waited for, or something new. */
export const consider = (world: World, dc: Stack, name: string): void => {
  const { transition } = dc;
  const instance = dc.machine.cib.nodes.find((node) => node.name === name)?.instance;
  if (instance === undefined || instance.isPending) return;
  if (transition?.waiting.has(name)) {
    if (instance.isFailed || instance.isBlocked) transition.isAborted = true;
    arrived(world, dc, transition, name);
  } else abortTransition(world, dc);
};
