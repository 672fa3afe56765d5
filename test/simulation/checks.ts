/** What must hold after every step (design section 4), judged by what only the simulation can see. */
import { DataStatus } from '../../lib/pgsql/names.ts';
import { formatLsn } from '../../lib/postgres/lsn.ts';
import { type Cib, compareCibs } from './cluster/cib.ts';
import { holds, toLsn } from './postgres/wal.ts';
import { isUp, type Machine, machineNamed, violate, type World } from './world.ts';

const holdsEverything = ({ acknowledged }: World, { database }: Machine): boolean =>
  acknowledged === undefined ||
  holds(database.branch, database.flushed, acknowledged.branch, acknowledged.end);

/**
 * A server that acknowledges writes alone from now on has every write that was acknowledged. One whose commits wait for a
 * standby is judged when the first of them is acknowledged: it may not be the primary for long.
 */
export const onNewPrimary = (world: World, machine: Machine): void => {
  const { acknowledged } = world;
  checkLease(world, machine);
  if (machine.database.process?.makesCommitsWait) return;
  if (acknowledged !== undefined && !holdsEverything(world, machine))
    violate(
      world,
      'no acknowledged write is lost',
      `${machine.name} becomes primary without ${formatLsn(toLsn(acknowledged.end))} of timeline ${acknowledged.branch.timeline}, which ${acknowledged.by} has acknowledged`,
    );
};

/** A guard that was frozen, too, has had its turn by then. */
const GUARD_WAKES_MS = 500;

/** With a lock the old primary has been ended by its guard, unless that was killed and nobody has noticed yet. */
const checkLease = (world: World, machine: Machine): void => {
  if (world.arbiter === undefined) return;
  const other = world.machines.find(
    (each) => each !== machine && isUp(each) && each.database.process?.state === 'primary',
  );
  if (other === undefined || other.isGuardKilled) return;
  if (world.agenda.nowMs - other.thawedAtMs < GUARD_WAKES_MS) return;
  violate(world, 'one primary at a time', `${machine.name} becomes primary, and ${other.name} is one`);
};

/**
 * Invariants 1 and 2: whoever may take over by the record that some majority of the nodes would go by has everything that was
 * acknowledged. A majority goes by the newest CIB among its members.
 */
export const checkMarks = (world: World): void => {
  const { machines } = world;
  let seen: Cib | undefined;
  for (const { cib } of machines) {
    if (cib === seen) continue;
    seen = cib;
    for (const node of cib.nodes) {
      if (node.dataStatus !== DataStatus.sync) continue;
      const marked = machineNamed(world, node.name);
      if (marked === undefined || holdsEverything(world, marked)) continue;
      if (isElectable(world, cib, marked))
        violate(
          world,
          'who may take over has everything',
          `${marked.name} is recorded as ${DataStatus.sync} and lacks what ${world.acknowledged?.by} has acknowledged; ${describeCopies(world)}`,
        );
    }
  }
};

/** With a lock by its own copy alone, unless the arbiter says that another one has gone on without its standby. */
const isElectable = ({ machines, arbiter }: World, cib: Cib, marked: Machine): boolean => {
  if (arbiter !== undefined) {
    const { owner } = arbiter.rows.alone;
    return marked.cib === cib && (owner === '' || owner === marked.name);
  }
  const notNewer = machines.filter((machine) => compareCibs(machine.cib, cib) <= 0);
  return notNewer.includes(marked) && notNewer.length * 2 > machines.length;
};

const describeCopies = ({ machines }: World): string =>
  machines
    .map(({ name, cib }) => {
      const marked = cib.nodes.filter(({ dataStatus }) => dataStatus === DataStatus.sync);
      return `${name} has ${cib.adminEpoch}.${cib.epoch}.${cib.updates}, which marks ${marked.map((node) => node.name).join(' and ') || 'nobody'}`;
    })
    .join(', ');
