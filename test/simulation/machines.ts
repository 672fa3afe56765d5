/** Machines: switched on and off, frozen and thawed; and the cluster's software on them. */

import { EMPTY_MEMORY } from '../../lib/pgsql/memory.ts';
import { newExecutor } from './agent/executor.ts';
import { type Cib, withoutStatus } from './cluster/cib.ts';
import { joinNetwork, onConnectivity } from './cluster/corosync.ts';
import { forgetGuard } from './lock/guard.ts';
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
  forgetGuard(machine);
  endStack(world, machine);
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

const endStack = (world: World, machine: Machine): void => {
  if (machine.stack === undefined) return;
  machine.stack.isOver = true;
  machine.stack = undefined;
  machine.cib = withoutStatus(cibOnDisk(world, machine));
  machine.cibsOfLate.splice(0, Infinity, { cib: machine.cib, atMs: world.agenda.nowMs });
};

/** How late Pacemaker may write it there. Only a lock is meant to make up for that. */
const CIB_WRITE_MS = 1_000;

const cibOnDisk = (world: World, { cib, cibsOfLate }: Machine): Cib => {
  if (world.arbiter === undefined) return cib;
  const writtenAtMs = world.agenda.nowMs - between(world.random, 0, CIB_WRITE_MS);
  return cibsOfLate.findLast(({ atMs }) => atMs <= writtenAtMs)?.cib ?? cib;
};

/** To be called when CIBs may have changed. */
export const rememberCibs = ({ machines, agenda, arbiter }: World): void => {
  if (arbiter === undefined) return;
  for (const { cib, cibsOfLate } of machines) {
    if (cibsOfLate.at(-1)?.cib === cib) continue;
    cibsOfLate.push({ cib, atMs: agenda.nowMs });
    // One of before that time is what lies on the disk.
    while ((cibsOfLate[1]?.atMs ?? Infinity) < agenda.nowMs - CIB_WRITE_MS) cibsOfLate.shift();
  }
};

/** Corosync and Pacemaker die; what they have started goes on: PostgreSQL, the address, and a call of the agent. */
export const killStack = (world: World, machine: Machine): void => {
  if (machine.stack === undefined) return;
  tell(world, machine, 'Corosync and Pacemaker die');
  endStack(world, machine);
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
  machine.thawedAtMs = world.agenda.nowMs;
  catchUp(world, machine);
  reachabilityChanged(world);
};
