/** Pacemaker's executor on one node: one operation at a time, each with its timeout, and monitors of its own accord. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { NotifyContext, NotifyLists } from '../../../lib/pacemaker/notify.ts';
import { isUnheeded } from '../../../lib/pgsql/unheeded.ts';
import { reportInstance } from '../cluster/controller.ts';
import { type Action, type Instance, instanceAfter, UNKNOWN_INSTANCE } from '../cluster/instance.ts';
import { hears } from '../network.ts';
import { goBy } from '../postgres/replication.ts';
import { between, chance } from '../random.ts';
import { after, type Life } from '../time.ts';
import { type Stack, tell, violate, type World } from '../world.ts';
import { drive } from './drive.ts';
import { type Ended, operate } from './operation.ts';

export interface Order {
  /** `go-on` is no action of Pacemaker's: what the agent does after it has told that a promotion has succeeded */
  readonly action: Action | 'notify' | 'go-on';
  readonly announced: NotifyLists;
  readonly notify: NotifyContext | undefined;
  readonly whenDone: (() => void) | undefined;
}

export interface Executor {
  instance: Instance;
  running: { readonly order: Order; readonly life: Life } | undefined;
  readonly queue: Order[];
  /** of the recurring monitor; an older one is cancelled */
  monitors: number;
}

export const newExecutor = (): Executor => ({
  instance: UNKNOWN_INSTANCE,
  running: undefined,
  queue: [],
  monitors: 0,
});

export const TIMEOUT_MS: Readonly<Record<Order['action'], number>> = {
  start: 30_000,
  stop: 30_000,
  promote: 30_000,
  demote: 30_000,
  monitor: 20_000,
  probe: 20_000,
  notify: 20_000,
  'go-on': 5_000,
};

const INTERVAL_MS = { promoted: 3000, unpromoted: 4000 } as const;

const NOBODY: NotifyLists = {
  active: [],
  promoted: [],
  unpromoted: [],
  start: [],
  stop: [],
  promote: [],
  demote: [],
};

const MONITOR: Order = { action: 'monitor', announced: NOBODY, notify: undefined, whenDone: undefined };
const GO_ON: Order = { ...MONITOR, action: 'go-on' };

/** Actions end the recurring monitor; the one that fits what they lead to begins after them. */
const endsMonitors = (action: Order['action']): boolean =>
  action !== 'monitor' && action !== 'notify' && action !== 'probe' && action !== 'go-on';

export const enqueue = (world: World, stack: Stack, order: Order): void => {
  const { executor } = stack;
  if (endsMonitors(order.action)) executor.monitors++;
  if (order.action !== 'notify' && order.action !== 'monitor')
    executor.instance = { ...executor.instance, isPending: true };
  // Nothing but these is answered while the agent goes on, and not even they once something else waits for that.
  const isAnswered =
    executor.running?.order.action === 'go-on' &&
    executor.queue.length === 0 &&
    order.notify !== undefined &&
    isUnheeded(order.notify);
  if (isAnswered) after(world, between(world.random, 2, 6), stack, () => order.whenDone?.());
  else executor.queue.push(order);
  if (executor.running === undefined) runNext(world, stack);
};

const runNext = (world: World, stack: Stack): void => {
  const { executor, machine } = stack;
  const order = executor.queue.shift();
  if (order === undefined || stack.isOver) return;
  const life: Life = { isOver: false, machine };
  const startedMs = world.agenda.nowMs;
  executor.running = { order, life };
  const operation = operate(world, machine, order, TIMEOUT_MS[order.action]);
  const end = (ended: Ended): void => {
    if (life.isOver) return;
    life.isOver = true;
    machine.programs.delete(life);
    executor.running = undefined;
    if (stack.isOver) return;
    finish(world, stack, order, ended);
    runNext(world, stack);
  };
  machine.programs.set(life, end);
  after(world, TIMEOUT_MS[order.action], life, () => {
    if (machine.troubledUntilMs < startedMs && order.action !== 'go-on')
      violate(
        world,
        'bounded',
        `${order.action} on ${machine.name} did not end in its time, though nothing held it up`,
      );
    end({ code: OcfExit.GENERIC, exitReason: 'timed out' });
  });
  drive(world, life, operation, end);
};

const finish = (world: World, stack: Stack, order: Order, { code, exitReason }: Ended): void => {
  const { executor, machine } = stack;
  const { action } = order;
  if (action === 'notify') {
    order.whenDone?.();
    return;
  }
  if (action === 'go-on') return;
  if (world.story !== undefined && (action !== 'monitor' || !isExpected(executor.instance, code)))
    tell(world, machine, `${action} ends with ${code}${exitReason === undefined ? '' : `: ${exitReason}`}`);
  if (action === 'monitor') {
    if (executor.queue.some((next) => endsMonitors(next.action))) return;
    if (isExpected(executor.instance, code)) {
      scheduleMonitor(
        world,
        stack,
        INTERVAL_MS[executor.instance.role === 'promoted' ? 'promoted' : 'unpromoted'],
      );
      return;
    }
  }
  executor.instance = instanceAfter(executor.instance, action, code, exitReason);
  const { instance } = executor;
  if (
    action !== 'monitor' &&
    !instance.isFailed &&
    (instance.role === 'unpromoted' || instance.role === 'promoted')
  )
    scheduleMonitor(world, stack, firstMonitorAfter(world));
  followWithAddress(world, stack, action);
  reportInstance(world, stack);
  if (action === 'promote' && code === OcfExit.SUCCESS && leavesMore(world)) executor.queue.unshift(GO_ON);
};

/** Without a lock: see agent.ts. At times that process is killed. */
const leavesMore = ({ arbiter, random }: World): boolean => arbiter === undefined && !chance(random, 0.1);

/** At times the coordinator, or this node, has something else to do. */
const firstMonitorAfter = ({ random }: World): number =>
  chance(random, 0.05) ? between(random, 300, 10_000) : between(random, 5, 50);

const isExpected = ({ role }: Instance, code: number): boolean =>
  code === (role === 'promoted' ? OcfExit.RUNNING_PROMOTED : OcfExit.SUCCESS);

export const scheduleMonitor = (world: World, stack: Stack, delayMs: number): void => {
  const { executor } = stack;
  const mine = ++executor.monitors;
  after(world, delayMs, stack, () => {
    if (executor.monitors === mine) enqueue(world, stack, MONITOR);
  });
};

const followWithAddress = (world: World, stack: Stack, action: Action): void => {
  const { machine, executor } = stack;
  if ((action === 'demote' || action === 'stop') && machine.hasAddress) {
    machine.hasAddress = false;
    const other = stack.ring?.members.find((member) => member.executor.instance.role === 'promoted');
    if (other !== undefined && other !== stack) followWithAddress(world, other, 'promote');
  }
  if (action !== 'promote' || executor.instance.isFailed) return;
  after(world, between(world.random, 40, 200), stack, () => {
    if (executor.instance.role === 'promoted') takeAddress(world, stack);
  });
};

/** The address for writing goes where the primary is, and whoever hears of it goes by that. */
export const takeAddress = (world: World, stack: Stack): void => {
  for (const other of world.machines) {
    if (other.stack?.ring === stack.ring) other.hasAddress = false;
    if (hears(world, stack.machine, other)) goBy(world, other, stack.machine);
  }
  stack.machine.hasAddress = true;
};
