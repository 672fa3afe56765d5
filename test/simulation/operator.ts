/** What an operator does once no fault is left: what the exit reasons say, and clean-up. */

import { reportInstance } from './cluster/controller.ts';
import { instanceCleaned } from './cluster/instance.ts';
import { killServer } from './postgres/server.ts';
import { after } from './time.ts';
import { type Machine, tell, type World } from './world.ts';

const REPAIRS = /cls_repair_by_pg_rewind|cls_rebuild_slave/;

/** @returns how many commands it took */
export const help = (world: World): number => {
  let commands = 0;
  for (const machine of world.machines) {
    const instance = machine.stack?.executor.instance;
    if (machine.stack === undefined || instance === undefined) continue;
    const isStuck =
      instance.isBanned || instance.isBlocked || instance.failures >= world.settings.migrationThreshold;
    if (!isStuck || instance.isPending) continue;
    commands++;
    tell(world, machine, `an operator helps: ${instance.exitReason ?? 'a failure without a reason'}`);
    if (instance.exitReason !== undefined && REPAIRS.test(instance.exitReason) && !rebuild(world, machine))
      continue;
    machine.stack.executor.instance = instanceCleaned(instance);
    reportInstance(world, machine.stack);
  }
  return commands;
};

const rebuild = (world: World, machine: Machine): boolean => {
  const source = world.machines.find(
    (other) => other !== machine && other.hasAddress && other.database.process?.state === 'primary',
  )?.database;
  if (source === undefined) return false;
  if (machine.database.process !== undefined) killServer(world, machine);
  const { branch, flushed } = source;
  Object.assign(machine.database, {
    branch,
    flushed,
    replayed: flushed,
    hasPart: false,
    leftover: undefined,
    reserved: 0,
    standbySignal: true,
    control: {
      state: 'in archive recovery',
      checkpoint: { ...source.control.checkpoint },
      minRecovery: { timeline: branch.timeline, end: flushed },
    },
  });
  return true;
};

/** From time to time, for as long as the world goes on. */
export const employ = (world: World, everyMs: number, count: (commands: number) => void): void =>
  after(world, everyMs, undefined, () => {
    count(help(world));
    employ(world, everyMs, count);
  });
