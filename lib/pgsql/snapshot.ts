import type { CorosyncMembers } from '../pacemaker/corosync-members.ts';
import type { NotifyContext, NotifyLists } from '../pacemaker/notify.ts';
import type { ClusterView } from '../pacemaker/view.ts';
import type { QueryFailure } from '../postgres/client.ts';
import type { ControlData } from '../postgres/control-data.ts';
import type { History } from '../postgres/history.ts';
import type { Mark } from '../postgres/incomplete.ts';
import type { Lsn, Timeline } from '../postgres/lsn.ts';
import type { ServerState } from '../postgres/server-state.ts';
import type { SyncNames } from '../postgres/sync-names.ts';
import type { ServerVersion } from '../postgres/version.ts';
import type { WriteCheck } from '../postgres/write-check.ts';
import type { Fact } from '../system/fact.ts';
import type { LockFacts } from './lock/facts.ts';
import type { Memory } from './memory.ts';
import type { StateNames } from './names.ts';

/**
 * Who reports the end of PostgreSQL (fast_detection).
 * - watches: a process waits for the end of the server that runs
 * - reports: nothing runs, and the process that has seen the end is there still
 * - reported: nothing runs, and Pacemaker has been told; every action of the agent's own has this forgotten
 */
export type WatcherState = 'none' | 'watches' | 'reports' | 'reported';

/** What PostgreSQL on this node is and says. */
export type Server =
  | { readonly state: 'stopped'; readonly leftovers: readonly number[] }
  | {
      readonly state: 'running';
      readonly pid: number;
      /** since its postmaster was started */
      readonly ageMs: number;
      readonly answer: ServerAnswer;
    };

export type ServerAnswer =
  | {
      readonly ok: true;
      readonly value: ServerState;
      /** in which words monitor_user is not let in, though the agent itself is */
      readonly monitorUserRefused?: string;
    }
  | { readonly ok: false; readonly failure: QueryFailure };

/** What the data directory says. Read only where a rule needs it: `monitor` of a healthy server asks nothing of it. */
export interface Disk {
  readonly directory: 'missing' | 'not-a-database' | 'present';
  readonly version: Fact<ServerVersion>;
  readonly control: Fact<ControlData>;
  readonly standbySignal: boolean;
  /** a repair of these data was begun and has not come to its end */
  readonly incomplete: Mark | undefined;
  /** of the timeline on which the newest position lies */
  readonly ownHistory: Fact<History>;
  /** segment files in pg_wal, of the timelines whose history is there */
  readonly segments: Fact<readonly string[]>;
  /** `synchronous_standby_names` in the settings file that the agent owns */
  readonly syncNames: Fact<SyncNames>;
  /** the file that the agent owns says that nothing is to be received: see decide/seal.ts */
  readonly isSealed: boolean;
  /** is there a WAL record at the place where the recorded primary left this node's timeline? */
  readonly recordAtFork: Fact<boolean>;
  /** bytes that the database's user can still write where the WAL lies; asked for where PostgreSQL is stopped or lost its primary */
  readonly walRoom: Fact<number>;
  /** is there a segment file, made or recycled ahead, to which no WAL has been written yet? */
  readonly spareSegment: Fact<boolean>;
}

/** What the recorded primary says of its own past, asked over a replication connection. */
export interface PrimaryHistory {
  readonly systemIdentifier: string;
  readonly timeline: Timeline;
  readonly history: History;
  readonly flushed: Lsn;
}

/**
 * All that one decision is made from. `uptimeMs` is this machine's monotonic clock since boot, so that a changed
 * wall clock never looks like time passing.
 */
export interface Snapshot {
  readonly self: string;
  readonly resource: string;
  readonly names: StateNames;
  readonly uptimeMs: number;
  readonly isProbe: boolean;
  /** how often this operation has looked already; 0 at the first time */
  readonly round: number;
  readonly cluster: Fact<ClusterView>;
  readonly notify: NotifyContext | undefined;
  /** what Pacemaker has announced for the transition that this action belongs to */
  readonly announced: NotifyLists;
  readonly server: Server;
  readonly disk: Disk;
  readonly primaryHistory: Fact<PrimaryHistory>;
  /**
   * somebody takes connections at the address of the primary, frozen or not: looked at by a standby that is told of another one's
   * promotion
   */
  readonly isAddressTaken?: boolean;
  /** what each node has published for an election, by node; not parsed */
  readonly notes: Fact<ReadonlyMap<string, string>>;
  /** absent without enable_distlock */
  readonly lock?: LockFacts;
  /** of Corosync; absent without quorum_device */
  readonly members?: Fact<CorosyncMembers>;
  /** where a monitor asks, and not a probe; for other operations, from before they began */
  readonly watcher?: WatcherState;
  /** of a primary, at the first look of a monitor; absent without write_check */
  readonly writes?: WriteCheck;
  readonly memory: Memory;
  /** what PostgreSQL has logged of its end, where this operation has started it and it runs no more */
  readonly lastWords?: string;
}
