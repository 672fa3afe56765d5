/** Clients: they write wherever a server takes writes, and remember what they were told is safe. */
import { formatLsn } from '../../lib/postgres/lsn.ts';
import { checkMarks } from './checks.ts';
import type { Process } from './postgres/database.ts';
import { send } from './postgres/replication.ts';
import { holds, RECORD_BYTES, toLsn } from './postgres/wal.ts';
import { between } from './random.ts';
import { after } from './time.ts';
import { type Machine, violate, type World } from './world.ts';

const PAUSE_MS = [150, 900] as const;

/** For as long as the world goes on. */
export const startClients = (world: World): void => {
  after(world, between(world.random, ...PAUSE_MS), undefined, () => {
    writeEverywhere(world);
    startClients(world);
  });
};

/** Not only through the address: two primaries must not acknowledge, whoever asks them. */
export const writeEverywhere = (world: World): void => {
  for (const machine of world.machines) commit(world, machine);
};

const commit = (world: World, machine: Machine): void => {
  const { database } = machine;
  const { process } = database;
  if (process?.state !== 'primary' || process.isHung || machine.isFrozen) return;
  database.flushed += RECORD_BYTES;
  const end = database.flushed;
  if (process.makesCommitsWait) process.waiting.push(end);
  else acknowledge(world, process, end);
  send(world, machine);
};

/**
 * All that was ever acknowledged lies in one log: whoever acknowledges has all of it. So neither is a write lost, nor do two
 * nodes acknowledge side by side.
 */
export const acknowledge = (world: World, process: Process, end: number): void => {
  const { machine } = process;
  const { branch, flushed } = machine.database;
  const last = world.acknowledged;
  if (last !== undefined && !holds(branch, flushed, last.branch, last.end))
    violate(
      world,
      'no acknowledged write is lost',
      `${machine.name} acknowledges ${formatLsn(toLsn(end))} of timeline ${branch.timeline}, without ${formatLsn(toLsn(last.end))} of timeline ${last.branch.timeline}, which ${last.by} has acknowledged`,
    );
  world.acknowledged = { branch, end, by: machine.name, atMs: world.agenda.nowMs };
  world.acknowledgedCount++;
  checkMarks(world);
};
