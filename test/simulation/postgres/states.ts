/** What a server says of itself when it is asked. */
import type { ServerAnswer } from '../../../lib/pgsql/snapshot.ts';
import type { PrimaryState, Sender, Settings, StandbyState } from '../../../lib/postgres/server-state.ts';
import type { Machine, World } from '../world.ts';
import { bringUpReplay, type Process, SYSTEM, VERSION } from './database.ts';
import type { Connection } from './replication.ts';
import { chosenBy, priorityIn } from './sync-wait.ts';
import { toLsn } from './wal.ts';

/** A part of a record. */
const PART_BYTES = 40;

const refused = (kind: 'starting' | 'stopping' | 'timeout'): ServerAnswer => ({
  ok: false,
  failure: { kind, message: `the database system is ${kind}` },
});

const KEPT_OUT: ServerAnswer = {
  ok: false,
  failure: { kind: 'auth', sqlState: '28000', message: 'pg_hba.conf rejects connection' },
};

export const answerOf = (world: World, machine: Machine, process: Process): ServerAnswer => {
  if (process.isHung) return refused('timeout');
  if (process.state === 'starting' || process.state === 'stopping') return refused(process.state);
  if (machine.database.mistakes.agent > 0) return KEPT_OUT;
  return {
    ok: true,
    value:
      process.state === 'primary'
        ? primaryState(world, machine, process)
        : standbyState(world, machine, process),
  };
};

const NOTHING: Settings['all'] = new Map();

const settingsOf = ({ names, isSealed }: Process): Settings => ({
  synchronousStandbyNames: names,
  primaryConninfo: isSealed ? '' : 'host=address',
  unixSocketDirectories: [],
  all: NOTHING,
});

const waitEventOf = (world: World, process: Process): string =>
  process.checkpointerBusyUntilMs > world.agenda.nowMs ? 'DataFileSync' : 'CheckpointerMain';

const primaryState = (world: World, { database }: Machine, process: Process): PrimaryState => {
  const end = toLsn(database.flushed);
  return {
    version: VERSION,
    systemIdentifier: SYSTEM,
    checkpointTimeline: database.control.checkpoint.timeline,
    slots: [],
    checkpointerWaitEvent: waitEventOf(world, process),
    settings: settingsOf(process),
    inRecovery: false,
    timeline: database.branch.timeline,
    walInsert: end,
    walFlush: end,
    senders: sendersOf(world, process),
  };
};

const sendersOf = (world: World, process: Process): Sender[] => {
  const chosen = chosenBy(process, process.names);
  return [...process.senders].map((connection) => senderOf(world, connection, chosen, process));
};

const senderOf = (
  world: World,
  connection: Connection,
  chosen: readonly Connection[],
  { names }: Process,
): Sender => {
  const { standby, state } = connection;
  const flushed = connection.flushed === 0 ? undefined : toLsn(connection.flushed);
  const syncState =
    priorityIn(connection.names, standby.name) === 0
      ? 'async'
      : !chosen.includes(connection)
        ? 'potential'
        : names.kind === 'any'
          ? 'quorum'
          : 'sync';
  const sender = {
    pid: connection.pid,
    applicationName: standby.name,
    clientAddr: standby.name,
    state,
    syncState,
    backendAgeSeconds: (world.agenda.nowMs - connection.sinceMs) / 1000,
    ...(connection.repliedAtMs === undefined ? {} : { replyTime: `${connection.repliedAtMs}` }),
  };
  return flushed === undefined
    ? sender
    : { ...sender, sentLsn: flushed, writeLsn: flushed, flushLsn: flushed, replayLsn: flushed };
};

const standbyState = (world: World, machine: Machine, process: Process): StandbyState => {
  const { database } = machine;
  const { branch, flushed, hasPart, control } = database;
  const replayLsn = toLsn(bringUpReplay(database, world.agenda.nowMs));
  const { receiver } = process;
  const isStreaming = receiver?.state === 'streaming' && process.hasStreamed;
  const received = toLsn(flushed + (hasPart ? PART_BYTES : 0));
  const state = {
    version: VERSION,
    systemIdentifier: SYSTEM,
    checkpointTimeline: control.checkpoint.timeline,
    slots: [],
    checkpointerWaitEvent: waitEventOf(world, process),
    settings: settingsOf(process),
    inRecovery: true,
    timeline: isStreaming
      ? branch.timeline
      : Math.max(control.checkpoint.timeline, control.minRecovery?.timeline ?? 0),
    replayLsn,
    replayPaused: false,
    senders: [],
  } as const;
  if (!process.hasStreamed) return state;
  if (receiver === undefined) return { ...state, receiveLsn: received };
  const { pid } = receiver;
  return {
    ...state,
    receiveLsn: received,
    receiver: isStreaming
      ? {
          pid,
          status: 'streaming',
          receivedTimeline: branch.timeline,
          receivedLsn: received,
          latestEndLsn: received,
        }
      : { pid, status: 'starting' },
  };
};
