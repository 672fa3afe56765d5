/** Machines: switched on and off, frozen and thawed; and the cluster's software on them. */

import { EMPTY_MEMORY } from '../../lib/pgsql/memory.ts';
import { newExecutor } from './agent/executor.ts';
import { withoutStatus } from './cluster/cib.ts';
import { joinNetwork, onConnectivity } from './cluster/corosync.ts';
import { onConnections, refuseOldConnections } from './postgres/replication.ts';
import { killServer } from './postgres/server.ts';
import { between } from './random.ts';
import { after, catchUp } from './time.ts';
import { type Machine, type Stack, tell, type World } from './world.ts';

/** Who hears whom, or who is alive, has changed. */
export const reachabilityChanged = (world: World): void => {
  onConnectivity(world);
  onConnections(world);
};

export const switchOn = (world: World, machine: Machine): void => {
  if (machine.life !== undefined) return;
  tell(world, machine, 'is switched on');
  machine.life = { isOver: false, machine, bootedAtMs: world.agenda.nowMs };
  machine.memory = EMPTY_MEMORY;
  refuseOldConnections(world, machine);
  after(world, between(world.random, 300, 2500), machine.life, () => startStack(world, machine));
};

export const switchOff = (world: World, machine: Machine): void => {
  const { life } = machine;
  if (life === undefined) return;
  tell(world, machine, 'loses its power');
  machine.isFrozen = false;
  machine.missed.length = 0;
  life.isOver = true;
  machine.offAtMs = world.agenda.nowMs;
  machine.life = undefined;
  for (const program of machine.programs.keys()) program.isOver = true;
  machine.programs.clear();
  machine.hasAddress = false;
  endStack(machine);
  killServer(world, machine, false);
  reachabilityChanged(world);
};

export const startStack = (world: World, machine: Machine): void => {
  if (machine.life === undefined || machine.stack !== undefined) return;
  machine.cib = withoutStatus(machine.cib);
  machine.stack = newStack(machine);
  joinNetwork(world, machine.stack);
};

export const newStack = (machine: Machine): Stack => ({
  machine,
  isOver: false,
  ring: undefined,
  isQuorate: false,
  hasSeenAll: false,
  attributes: new Map(),
  executor: newExecutor(),
  transition: undefined,
  isPlanning: false,
  inbox: [],
  inboxReadyMs: 0,
});

const endStack = (machine: Machine): void => {
  if (machine.stack === undefined) return;
  machine.stack.isOver = true;
  machine.stack = undefined;
  machine.cib = withoutStatus(machine.cib);
};

/** Corosync and Pacemaker die; what they have started goes on: PostgreSQL, the address, and a call of the agent. */
export const killStack = (world: World, machine: Machine): void => {
  if (machine.stack === undefined) return;
  tell(world, machine, 'Corosync and Pacemaker die');
  endStack(machine);
  reachabilityChanged(world);
};

export const freeze = (world: World, machine: Machine): void => {
  if (machine.life === undefined || machine.isFrozen) return;
  tell(world, machine, 'freezes');
  machine.isFrozen = true;
  reachabilityChanged(world);
};

export const thaw = (world: World, machine: Machine): void => {
  if (!machine.isFrozen) return;
  tell(world, machine, 'goes on after it was frozen');
  machine.isFrozen = false;
  catchUp(world, machine);
  reachabilityChanged(world);
};
