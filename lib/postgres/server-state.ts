import type { Lsn, Timeline } from './lsn.ts';
import type { WatchedSetting } from './snapshot-sql.ts';
import type { SyncNames } from './sync-names.ts';
import type { ServerVersion } from './version.ts';

/** The WAL receiver of a standby. All but `pid` needs the rights of pg_read_all_stats. */
export interface Receiver {
  readonly pid: number;
  /** `starting`, `streaming`, `waiting` (for a primary that has more to send), `restarting`, `stopping`. */
  readonly status?: string;
  readonly receivedTimeline?: Timeline;
  /** Flushed to disk. */
  readonly receivedLsn?: Lsn;
  /** The newest end of log that the primary told of. */
  readonly latestEndLsn?: Lsn;
  /** Since 11. */
  readonly senderHost?: string;
  readonly slotName?: string;
}

/** A standby, or another receiver of log, as its server sees it. */
export interface Sender {
  readonly pid: number;
  readonly applicationName?: string;
  /** Absent for a Unix socket. */
  readonly clientAddr?: string;
  /** `startup`, `catchup`, `streaming`, `backup`, `stopping`. */
  readonly state?: string;
  /** `sync`, `quorum`, `potential`, `async`. */
  readonly syncState?: string;
  readonly sentLsn?: Lsn;
  readonly writeLsn?: Lsn;
  readonly flushLsn?: Lsn;
  readonly replayLsn?: Lsn;
  /** By the receiver's clock: when it sent its last reply. Since 12. */
  readonly replyTime?: string;
  /** How long this connection has existed. */
  readonly backendAgeSeconds?: number;
}

export interface Slot {
  readonly name: string;
  readonly type: 'physical' | 'logical';
  readonly temporary: boolean;
  readonly active: boolean;
  /** Absent for a slot that was never used. */
  readonly restartLsn?: Lsn;
  /** `reserved`, `extended`, `unreserved`, `lost`; since 13. */
  readonly walStatus?: string;
  /** Bytes of log that this slot keeps from being recycled. */
  readonly retainedBytes?: bigint;
}

export interface Setting {
  readonly value: string;
  /**
   * The file that the value was read from; absent for a default, an option of the command line, or a
   * stranger.
   */
  readonly sourceFile?: string;
  /** The file says something else, which needs a restart. */
  readonly pendingRestart: boolean;
}

export interface Settings {
  readonly synchronousStandbyNames?: SyncNames;
  readonly synchronousCommit?: string;
  /** Without the password. Not visible to an ordinary role, and no setting before 12. */
  readonly primaryConninfo?: string;
  readonly primarySlotName?: string;
  readonly walLevel?: string;
  readonly hotStandby?: boolean;
  readonly walLogHints?: boolean;
  readonly restartAfterCrash?: boolean;
  /** 0: no timeout. */
  readonly walSenderTimeoutMs?: number;
  readonly walReceiverTimeoutMs?: number;
  /** -1: no limit. Since 13. */
  readonly maxSlotWalKeepSizeMb?: number;
  readonly maxWalSenders?: number;
  readonly maxReplicationSlots?: number;
  readonly unixSocketDirectories: readonly string[];
  readonly port?: number;
  /** All of them as the server has them (without the password), with their files. */
  readonly all: ReadonlyMap<WatchedSetting, Setting>;
}

interface CommonState {
  readonly version: ServerVersion;
  readonly systemIdentifier: string;
  readonly checkpointTimeline: Timeline;
  readonly senders: readonly Sender[];
  readonly slots: readonly Slot[];
  /**
   * What the checkpointer waits for, such as `DataFileSync`; 10 and later. A disk that is frozen shows here.
   */
  readonly checkpointerWaitEvent?: string;
  readonly settings: Settings;
}

export interface PrimaryState extends CommonState {
  readonly inRecovery: false;
  readonly timeline: Timeline;
  /** End of what was written into the log's buffers. */
  readonly walInsert: Lsn;
  /** End of what is on disk. */
  readonly walFlush: Lsn;
}

export interface StandbyState extends CommonState {
  readonly inRecovery: true;
  /**
   * The newest timeline that the server itself is known to be on: the receiver's, else that of the control
   * file, which may lag behind until the next restart point.
   */
  readonly timeline: Timeline;
  /** Flushed by the WAL receiver since the server was started; absent when nothing was streamed. */
  readonly receiveLsn?: Lsn;
  readonly replayLsn?: Lsn;
  readonly replayPaused: boolean;
  /** Age of the last transaction that was replayed; grows without harm while the primary is idle. */
  readonly lastReplayAgeSeconds?: number;
  readonly receiver?: Receiver;
}

/** What a server says about itself in one query. */
export type ServerState = PrimaryState | StandbyState;
