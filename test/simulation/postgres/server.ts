/** A server's life: started, promoted, reloaded, stopped, killed. */
import type { SyncNames } from '../../../lib/postgres/sync-names.ts';
import { onNewPrimary } from '../checks.ts';
import { between, chance } from '../random.ts';
import { after } from '../time.ts';
import { type Machine, tell, type World } from '../world.ts';
import { bringUpReplay, numberToOpen, type Process } from './database.ts';
import { closeConnections, endReceiver, hasSentAll, seekPrimary, send } from './replication.ts';
import { setWaitFlag } from './sync-wait.ts';
import { type Branch, RECORD_BYTES } from './wal.ts';

const NOBODY: SyncNames = { kind: 'none' };

export const newProcess = (world: World, machine: Machine): Process => {
  const names = machine.database.names ?? NOBODY;
  return {
    machine,
    isOver: false,
    pid: world.pids++,
    startedMs: world.agenda.nowMs,
    state: 'starting',
    isHung: false,
    names,
    isSealed: machine.database.isSealed,
    makesCommitsWait: names.kind !== 'none',
    checkpointerBusyUntilMs: 0,
    senders: new Set(),
    receiver: undefined,
    hasStreamed: false,
    replayedAtMs: Infinity,
    waiting: [],
    isSending: false,
    whenSentAll: undefined,
  };
};

export const startServer = (world: World, machine: Machine): void => {
  const { database } = machine;
  if (database.process !== undefined) return;
  const process = newProcess(world, machine);
  database.process = process;
  if (database.leftover === undefined || database.reserved > database.leftover) database.reserved = 0;
  const recoveryMs = chance(world.random, 0.03)
    ? between(world.random, 500, 3000)
    : between(world.random, 30, 150);
  after(world, recoveryMs, process, () =>
    (database.standbySignal ? comeUpAsStandby : comeUpAsPrimary)(world, machine, process),
  );
};

const comeUpAsStandby = (world: World, machine: Machine, process: Process): void => {
  machine.database.control.state = 'in archive recovery';
  process.state = 'standby';
  process.replayedAtMs = world.agenda.nowMs + between(world.random, 0, 200);
  seekPrimary(world, machine, process, between(world.random, 0, 100));
};

/** Crash recovery, or none: it goes on with the timeline that it had. */
const comeUpAsPrimary = (world: World, machine: Machine, process: Process): void => {
  const { database } = machine;
  database.flushed += RECORD_BYTES;
  becomePrimary(world, machine, process);
  checkpoint(machine);
};

const becomePrimary = (world: World, machine: Machine, process: Process): void => {
  const { database } = machine;
  process.state = 'primary';
  database.hasPart = false;
  database.replayed = database.flushed;
  database.control.state = 'in production';
  tell(world, machine, `PostgreSQL is primary on timeline ${database.branch.timeline}`);
  onNewPrimary(world, machine);
};

const checkpoint = ({ database }: Machine): void => {
  database.control.checkpoint = { timeline: database.branch.timeline, end: database.flushed };
  database.control.minRecovery = undefined;
};

/** All the log that it has is replayed, the history is written, and then the timeline is opened. */
export const promoteServer = (world: World, machine: Machine, process: Process): void => {
  if (process.state !== 'standby') return;
  process.state = 'promoting';
  endReceiver(world, process);
  const { database } = machine;
  after(world, between(world.random, 15, 120), process, () => {
    const timeline = numberToOpen(database);
    const before = database.leftover;
    database.leftover = timeline;
    after(world, between(world.random, 5, 120), process, () => {
      database.leftover = undefined;
      openTimeline(world, machine, process, before, timeline);
    });
  });
};

const openTimeline = (
  world: World,
  machine: Machine,
  process: Process,
  leftover: number | undefined,
  timeline: number,
): void => {
  const { database } = machine;
  const forkedAt = database.flushed;
  const openedBy = machine.name;
  const parent: Branch =
    leftover === undefined
      ? database.branch
      : { timeline: leftover, parent: database.branch, forkedAt, openedBy };
  database.branch = { timeline, parent, forkedAt, openedBy };
  database.flushed += RECORD_BYTES;
  database.standbySignal = false;
  database.control.minRecovery = { timeline, end: database.flushed };
  becomePrimary(world, machine, process);
  after(world, between(world.random, 1, 800), process, () => checkpoint(machine));
};

/** SIGHUP: the postmaster first, then the WAL senders, and the checkpointer when it gets to that. */
export const reloadServer = (world: World, machine: Machine): boolean => {
  const { database } = machine;
  const { process } = database;
  if (process === undefined) return false;
  const { random } = world;
  after(world, between(random, 0.5, 4), process, () => {
    process.names = database.names ?? NOBODY;
    takeOverSeal(world, machine, process);
    for (const sender of process.senders)
      after(world, between(random, 0, 25), process, () => {
        sender.names = process.names;
        // Their next replies, which WAL senders ask for.
        send(world, machine);
      });
    takeOverNames(world, process, between(random, 0, 25));
  });
  return true;
};

/** The process that starts WAL receivers reads the settings before it starts one, and ends one that runs a little later. */
const takeOverSeal = (world: World, machine: Machine, process: Process): void => {
  const { isSealed } = machine.database;
  if (process.isSealed === isSealed) return;
  process.isSealed = isSealed;
  if (process.state !== 'standby') return;
  after(world, between(world.random, 0, 25), process, () => {
    if (process.isSealed) endReceiver(world, process);
    else if (process.receiver === undefined) seekPrimary(world, machine, process, 0);
  });
};

const takeOverNames = (world: World, process: Process, delayMs: number): void =>
  after(world, delayMs, process, () => {
    const busyMs = process.checkpointerBusyUntilMs - world.agenda.nowMs;
    if (busyMs > 0) takeOverNames(world, process, busyMs + 1);
    else setWaitFlag(world, process);
  });

/** Everybody is told that the server is gone, by its system. What was on disk stays. */
export const killServer = (world: World, machine: Machine, isSaid = true): void => {
  const { database } = machine;
  const { process } = database;
  if (process === undefined) return;
  bringUpReplay(database, world.agenda.nowMs);
  process.isOver = true;
  process.waiting.length = 0;
  database.process = undefined;
  closeConnections(world, process, isSaid);
};

/**
 * A fast shutdown ends the sessions, writes a checkpoint, and waits until all standbys that are connected have got it.
 *
 * @param whenDone called when it is over, unless somebody kills it before
 */
export const shutDown = (world: World, machine: Machine, process: Process, whenDone: () => void): void => {
  const { database } = machine;
  if (process.isHung) return;
  if (process.state !== 'primary') {
    after(world, between(world.random, 20, 120), process, () => {
      if (process.state === 'standby') {
        const end = bringUpReplay(database, world.agenda.nowMs);
        database.control.state = 'shut down in recovery';
        database.control.minRecovery = { timeline: database.branch.timeline, end };
      }
      killServer(world, machine);
      whenDone();
    });
    return;
  }
  process.state = 'stopping';
  process.waiting.length = 0;
  after(world, between(world.random, 10, 120), process, () => {
    database.flushed += RECORD_BYTES;
    const end = (): void => {
      process.whenSentAll = undefined;
      checkpoint(machine);
      database.control.state = 'shut down';
      killServer(world, machine);
      whenDone();
    };
    process.whenSentAll = end;
    send(world, machine);
    if (hasSentAll(database)) end();
  });
};
