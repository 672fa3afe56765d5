/** Streaming: who receives from whom, how far, and when each side notices that the other is gone. */

import { formatLsn } from '../../../lib/postgres/lsn.ts';
import type { SyncNames } from '../../../lib/postgres/sync-names.ts';
import { hearEachOther, hears } from '../network.ts';
import { between, chance, pick } from '../random.ts';
import { after } from '../time.ts';
import { isUp, type Machine, tell, violate, type World } from '../world.ts';
import { bringUpReplay, type Database, type Process } from './database.ts';
import { releaseWaiters } from './sync-wait.ts';
import { historyOf, holds, leftAt, toLsn } from './wal.ts';

export interface Connection {
  readonly primary: Machine;
  readonly standby: Machine;
  readonly sender: Process;
  readonly receiver: Process;
  readonly sinceMs: number;
  readonly pid: number;
  state: 'catchup' | 'streaming';
  /** the setting as the WAL sender has read it */
  names: SyncNames;
  /** as far as the standby has said that it has flushed */
  flushed: number;
  /** when its last reply came */
  repliedAtMs: number | undefined;
  isWatched: boolean;
}

/** wal_sender_timeout, wal_receiver_timeout and wal_retrieve_retry_interval, as docs/installation.md recommends them */
const TIMEOUT_MS = [4500, 6000] as const;
const RETRY_MS = 500;

/** For so long a machine goes by the answer to its last question who has an address (ARP). */
const NEIGHBOUR_MS = [1_000, 60_000] as const;

/** Who answers at the address for writing, seen from this machine. Where two have it, each goes by the answer that it got. */
export const addressHolder = (world: World, from: Machine): Machine | undefined => {
  const holders = world.machines.filter(
    (machine) =>
      machine.hasAddress && machine !== from && isUp(machine) && hearEachOther(world, from, machine),
  );
  if (holders.length <= 1) return holders[0];
  const { neighbour } = from;
  if (neighbour !== undefined && world.agenda.nowMs < neighbour.untilMs && holders.includes(neighbour.holder))
    return neighbour.holder;
  const holder = pick(world.random, holders);
  goBy(world, from, holder);
  return holder;
};

export const goBy = (world: World, machine: Machine, holder: Machine): void => {
  machine.neighbour = { holder, untilMs: world.agenda.nowMs + between(world.random, ...NEIGHBOUR_MS) };
};

/** A standby that receives nothing tries again and again. */
export const seekPrimary = (world: World, machine: Machine, process: Process, delayMs: number): void =>
  after(world, delayMs, process, () => {
    if (process.state !== 'standby' || process.receiver !== undefined || process.isSealed) return;
    if (!process.isHung) tryToConnect(world, machine, process);
    if (process.receiver === undefined) seekPrimary(world, machine, process, RETRY_MS);
  });

const tryToConnect = (world: World, machine: Machine, process: Process): void => {
  const { database } = machine;
  const primary = addressHolder(world, machine);
  const sender = primary?.database.process;
  if (primary === undefined || sender?.state !== 'primary' || sender.isHung) return;
  if (primary.database.mistakes.standbys > 0) return;
  // It reads what it has itself before it asks for more.
  if (bringUpReplay(database, world.agenda.nowMs) < database.flushed) return;
  if (!mayStream(database, primary.database)) return;
  const connection = connect(world, primary, sender, machine, process);
  after(world, between(world.random, 5, 80), sender, () => {
    connection.state = 'streaming';
    send(world, primary);
  });
};

export const connect = (
  world: World,
  primary: Machine,
  sender: Process,
  standby: Machine,
  receiver: Process,
): Connection => {
  const connection: Connection = {
    primary,
    standby,
    sender,
    receiver,
    sinceMs: world.agenda.nowMs,
    pid: world.pids++,
    state: 'catchup',
    names: sender.names,
    flushed: 0,
    repliedAtMs: undefined,
    isWatched: false,
  };
  sender.senders.add(connection);
  receiver.receiver = connection;
  if (world.arbiter !== undefined) replyEverySecond(world, connection);
  return connection;
};

/** wal_receiver_status_interval: also of a receiver that hears nothing. Only the lease of two nodes counts on that. */
const STATUS_MS = 1_000;

const replyEverySecond = (world: World, connection: Connection): void =>
  after(world, STATUS_MS, connection.receiver, () => {
    const { primary, standby, receiver, sender } = connection;
    if (receiver.receiver !== connection) return;
    if (sender.senders.has(connection) && !receiver.isHung && hears(world, standby, primary))
      connection.repliedAtMs = world.agenda.nowMs;
    replyEverySecond(world, connection);
  });

/** By all that PostgreSQL sees: numbers and positions, and where timelines were left. */
const mayStream = (mine: Database, theirs: Database): boolean => {
  const { branch } = mine;
  const fork = branch.timeline === theirs.branch.timeline ? Infinity : leftAt(theirs.branch, branch.timeline);
  if (fork === undefined || mine.replayed > fork) return false;
  const past = historyOf(branch);
  const theirPast = historyOf(theirs.branch);
  return past.every(
    ({ timeline, end }, index) => theirPast[index]?.timeline === timeline && theirPast[index]?.end === end,
  );
};

/** What the primary has flushed goes to those who are connected and hear it, and their replies come back. */
export const send = (world: World, primary: Machine): void => {
  const { process } = primary.database;
  if (process === undefined || process.isSending || process.senders.size === 0) return;
  process.isSending = true;
  after(world, between(world.random, 0.3, 1.5), process, () => {
    process.isSending = false;
    if (process.isHung) return;
    for (const connection of process.senders) {
      const lag = connection.standby.slow.replication;
      if (lag === 0) arrive(world, connection);
      else after(world, between(world.random, lag / 2, lag), process, () => arrive(world, connection));
    }
  });
};

const isOpen = (connection: Connection): boolean =>
  connection.receiver.receiver === connection && connection.sender.senders.has(connection);

const arrive = (world: World, connection: Connection): void => {
  const { primary, standby, receiver, sender } = connection;
  if (!isOpen(connection) || !isUp(standby) || receiver.isHung || !hears(world, primary, standby)) return;
  const mine = standby.database;
  const theirs = primary.database;
  if (mine.branch !== theirs.branch || mine.flushed !== theirs.flushed) {
    bringUpReplay(mine, world.agenda.nowMs);
    if (!holds(theirs.branch, theirs.flushed, mine.branch, mine.replayed)) {
      violate(
        world,
        'one history',
        `${standby.name} follows ${primary.name} with other contents: it has timeline ${mine.branch.timeline} of ${mine.branch.openedBy} up to ${formatLsn(toLsn(mine.replayed))}, ${primary.name} is on timeline ${theirs.branch.timeline} of ${theirs.branch.openedBy} at ${formatLsn(toLsn(theirs.flushed))}`,
      );
    }
    if (mine.branch !== theirs.branch) {
      mine.branch = theirs.branch;
      mine.leftover = undefined;
      mine.replayed = Math.min(mine.replayed, theirs.flushed);
    }
    mine.flushed = theirs.flushed;
    mine.hasPart = false;
    receiver.replayedAtMs = world.agenda.nowMs + between(world.random, 0, 30);
    if (chance(world.random, 0.3))
      mine.control.minRecovery = { timeline: mine.branch.timeline, end: mine.replayed };
  }
  receiver.hasStreamed = true;
  const flushed = mine.flushed;
  after(world, between(world.random, 0.2, 1), sender, () => {
    if (!isOpen(connection) || !hears(world, standby, primary) || sender.isHung) return;
    connection.flushed = flushed;
    connection.repliedAtMs = world.agenda.nowMs;
    releaseWaiters(world, sender, connection);
    if (sender.whenSentAll !== undefined && hasSentAll(primary.database)) sender.whenSentAll();
  });
};

/** Of a shutdown: nobody is connected who lacks anything. */
export const hasSentAll = ({ process, flushed }: Database): boolean =>
  process === undefined || [...process.senders].every((connection) => connection.flushed >= flushed);

/** One side, or both, take the connection for gone. */
const drop = (world: World, connection: Connection): void => {
  const { sender, receiver, standby, primary } = connection;
  if (sender.senders.delete(connection) && sender.whenSentAll !== undefined && hasSentAll(primary.database))
    sender.whenSentAll();
  if (receiver.receiver !== connection) return;
  receiver.receiver = undefined;
  if (!receiver.isOver) {
    if (chance(world.random, 0.3)) standby.database.hasPart = true;
    tell(world, standby, `receives nothing more from ${primary.name}`);
    seekPrimary(world, standby, receiver, between(world.random, 0, RETRY_MS));
  }
};

/** The receiver is ended, as by a signal; the sender notices at once where it hears of it. */
export const endReceiver = (world: World, process: Process): void => {
  const { receiver } = process;
  if (receiver === undefined) return;
  if (hearEachOther(world, receiver.primary, receiver.standby)) drop(world, receiver);
  else {
    process.receiver = undefined;
    seekPrimary(world, receiver.standby, process, RETRY_MS);
    watch(world, receiver);
  }
};

const passes = (world: World, connection: Connection): boolean => {
  const { primary, standby, sender, receiver } = connection;
  return (
    isUp(primary) &&
    isUp(standby) &&
    !sender.isOver &&
    !receiver.isOver &&
    !sender.isHung &&
    !receiver.isHung &&
    receiver.receiver === connection &&
    hearEachOther(world, primary, standby)
  );
};

const watch = (world: World, connection: Connection): void => {
  if (connection.isWatched) return;
  connection.isWatched = true;
  after(world, between(world.random, ...TIMEOUT_MS), undefined, () => {
    connection.isWatched = false;
    if (!passes(world, connection)) drop(world, connection);
    else send(world, connection.primary);
  });
};

/** Half of wal_sender_timeout, after which a WAL sender asks for a reply. */
const KEEPALIVE_MS = 3_000;

/**
 * What is sent to a machine that has booted, on a connection of before, its system answers with a reset. That is sent again after
 * twice the time, and twice that, for as long as there was no answer, and the first at the latest when a reply is asked for.
 */
export const refuseOldConnections = (world: World, machine: Machine): void => {
  const outageMs = world.agenda.nowMs - machine.offAtMs;
  for (const connection of connectionsOf(world).filter(({ standby }) => standby === machine))
    after(
      world,
      between(world.random, 0, Math.max(outageMs, KEEPALIVE_MS - outageMs)),
      connection.sender,
      () => {
        if (isUp(machine) && hearEachOther(world, connection.primary, machine)) drop(world, connection);
      },
    );
};

const connectionsOf = (world: World): Connection[] =>
  world.machines.flatMap(({ database: { process } }) =>
    process === undefined
      ? []
      : [...process.senders, ...(process.receiver === undefined ? [] : [process.receiver])],
  );

/** Whoever changes who hears whom, or who lives, says so here: what was held up goes on, and what is lost is noticed in time. */
export const onConnections = (world: World): void => {
  for (const connection of new Set(connectionsOf(world)))
    if (!passes(world, connection)) watch(world, connection);
  for (const machine of world.machines) send(world, machine);
};

/** A server has ended. Its system closes its connections, so that who hears it knows at once; one without power says nothing. */
export const closeConnections = (world: World, process: Process, isSaid: boolean): void => {
  const all = [...process.senders, ...(process.receiver === undefined ? [] : [process.receiver])];
  for (const connection of all)
    if (isSaid && hearEachOther(world, connection.primary, connection.standby)) drop(world, connection);
    else watch(world, connection);
  process.receiver = undefined;
};
