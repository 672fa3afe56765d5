/** Is the cluster as an operator wants it? */
import { DataStatus } from '../../lib/pgsql/names.ts';
import { factsOf } from './cluster/cib.ts';
import { type Machine, machineNamed, type World } from './world.ts';

/** @returns what is missing; undefined when it is well */
export const ailment = (world: World): string | undefined => {
  const [first] = world.machines;
  const ring = first?.stack?.ring;
  if (ring === undefined || ring.members.length < world.machines.length || ring.dc === undefined)
    return 'not all nodes are members';
  const { dc } = ring;
  if (dc.transition !== undefined || dc.isPlanning) return 'Pacemaker is at work';
  const facts = factsOf(dc.machine.cib);
  const [name, ...more] = facts.primaries;
  if (name === undefined) return 'nobody says that it is primary';
  if (more.length > 0) return `${facts.primaries.join(' and ')} say that they are primary`;
  const primary = machineNamed(world, name);
  const process = primary?.database.process;
  if (process?.state !== 'primary') return `${name} is no primary`;
  for (const machine of world.machines) {
    if (machine === primary) continue;
    const receiver = machine.database.process?.receiver;
    if (receiver?.sender !== process || receiver.state !== 'streaming')
      return `${machine.name} does not stream from ${name}`;
    const status = facts.status(machine.name);
    if (status === undefined || !status.startsWith('HS:') || status === 'HS:alone')
      return `the status of ${machine.name} is ${status ?? 'missing'}`;
  }
  const marked = facts.markedSync;
  if (!world.machines.some((machine) => marked.includes(machine.name) && machine !== primary))
    return `nobody is ${DataStatus.sync}`;
  return process.waiting.length > 3 ? 'commits wait' : ailmentOfLock(world, primary);
};

const ailmentOfLock = ({ arbiter }: World, primary: Machine | undefined): string | undefined => {
  if (arbiter === undefined || primary === undefined) return undefined;
  const { lock, alone } = arbiter.rows;
  if (lock.owner !== primary.name) return `the lock is of ${lock.owner || 'nobody'}`;
  if (alone.owner !== '') return `by the arbiter ${alone.owner} has gone on without its standby`;
  return primary.guard === undefined ? 'the guard of the lease does not run' : undefined;
};
