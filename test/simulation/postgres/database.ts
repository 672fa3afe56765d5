/** A data directory and, while it runs, its server. */
import type { ControlData, ControlState } from '../../../lib/postgres/control-data.ts';
import type { History } from '../../../lib/postgres/history.ts';
import type { SyncNames } from '../../../lib/postgres/sync-names.ts';
import type { ServerVersion } from '../../../lib/postgres/version.ts';
import { type Fact, known, unknown } from '../../../lib/system/fact.ts';
import type { Life } from '../time.ts';
import type { Machine } from '../world.ts';
import type { Connection } from './replication.ts';
import { type Branch, branchNumbered, historyOf, leftAt, RECORD_BYTES, toLsn, WAL_START } from './wal.ts';

export interface Database {
  branch: Branch;
  /** the end of the log on disk; of a standby what it has received, too */
  flushed: number;
  /** of a standby: a part of one more record, of which the rest has never come */
  hasPart: boolean;
  /** of a standby: as far as its data go */
  replayed: number;
  control: {
    state: ControlState;
    checkpoint: { timeline: number; end: number };
    minRecovery: { timeline: number; end: number } | undefined;
  };
  standbySignal: boolean;
  /** in the settings file that the agent owns, where there is one */
  names: SyncNames | undefined;
  /** primary_conninfo is empty there */
  isSealed: boolean;
  /** a timeline of which a promotion that was cut short has left the history, and nothing else */
  leftover: number | undefined;
  /** no timeline up to this one is opened by a promotion */
  reserved: number;
  /** mistakes in pg_hba.conf that keep the agent out, and those among them that keep out standbys, too */
  mistakes: { agent: number; standbys: number };
  process: Process | undefined;
}

export interface Process extends Life {
  readonly machine: Machine;
  readonly pid: number;
  startedMs: number;
  state: 'starting' | 'standby' | 'promoting' | 'primary' | 'stopping';
  /** it does not answer, and does nothing */
  isHung: boolean;
  /** as new connections have them */
  names: SyncNames;
  /** no WAL receiver is started; one that runs is ended */
  isSealed: boolean;
  /** sync_standbys_defined, which the checkpointer sets: whether a commit waits at all */
  makesCommitsWait: boolean;
  /** until then the checkpointer handles no reload */
  checkpointerBusyUntilMs: number;
  readonly senders: Set<Connection>;
  receiver: Connection | undefined;
  hasStreamed: boolean;
  /** what has been received is replayed by then */
  replayedAtMs: number;
  /** the ends of commits whose clients wait */
  readonly waiting: number[];
  isSending: boolean;
  /** of a shutdown: what it waits for has come to pass */
  whenSentAll: (() => void) | undefined;
}

export const SYSTEM = '7200000000000000001';
export const VERSION: ServerVersion = { major: 15, number: 150014 };
const SEGMENT_BYTES = 16 * 1024 * 1024;

export const newDatabase = (branch: Branch): Database => ({
  branch,
  flushed: WAL_START + RECORD_BYTES,
  hasPart: false,
  replayed: WAL_START + RECORD_BYTES,
  control: {
    state: 'shut down',
    checkpoint: { timeline: branch.timeline, end: WAL_START + RECORD_BYTES },
    minRecovery: undefined,
  },
  standbySignal: false,
  names: undefined,
  isSealed: false,
  leftover: undefined,
  reserved: 0,
  mistakes: { agent: 0, standbys: 0 },
  process: undefined,
});

export const controlData = ({ control }: Database): ControlData => ({
  controlVersion: 1300,
  catalogVersion: 202209061,
  systemIdentifier: SYSTEM,
  state: control.state,
  checkpointLsn: toLsn(control.checkpoint.end - RECORD_BYTES),
  checkpointTimeline: control.checkpoint.timeline,
  checkpointRedoLsn: toLsn(control.checkpoint.end - RECORD_BYTES),
  minRecoveryEnd: control.minRecovery === undefined ? undefined : toLsn(control.minRecovery.end),
  minRecoveryTimeline: control.minRecovery?.timeline,
  backupStart: undefined,
  backupEnd: undefined,
  endOfBackupRequired: false,
  walSegmentBytes: SEGMENT_BYTES,
  dataChecksums: true,
  walLogHints: true,
});

/** All positions of a simulation lie in one segment: there is one file of each timeline. */
export const segmentsOf = ({ branch, leftover }: Database): readonly string[] => {
  const timelines = [...historyOf(branch).map(({ timeline }) => timeline), branch.timeline];
  if (leftover !== undefined) timelines.push(leftover);
  return timelines.map(
    (timeline) => `${timeline.toString(16).toUpperCase().padStart(8, '0')}0000000000000005`,
  );
};

/** What the history file of this timeline says, if there is one. */
export const ownHistory = ({ branch, leftover, flushed }: Database, timeline: number): Fact<History> => {
  if (timeline === leftover)
    return known([...historyOf(branch), { timeline: branch.timeline, end: toLsn(flushed) }]);
  const found = branchNumbered(branch, timeline);
  return found === undefined
    ? unknown(`there is no history of timeline ${timeline}`)
    : known(historyOf(found));
};

/** How far the WAL of this timeline goes here. */
export const endOfLocalWal = ({ branch, flushed }: Database, timeline: number): number | undefined =>
  branch.timeline === timeline ? flushed : leftAt(branch, timeline);

/** As findNewestTimeLine() in PostgreSQL: the first number that has no history. */
export const numberToOpen = ({ branch, leftover, reserved }: Database): number =>
  Math.max((leftover ?? branch.timeline) + 1, reserved + 1);

/** What a standby has replayed by now. */
export const bringUpReplay = (database: Database, nowMs: number): number => {
  const { process } = database;
  if (process !== undefined && process.state !== 'starting' && nowMs >= process.replayedAtMs)
    database.replayed = database.flushed;
  return database.replayed;
};
