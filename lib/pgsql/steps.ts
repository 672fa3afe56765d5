import type { Timeline } from '../postgres/lsn.ts';
import type { ReplicationSettings } from '../postgres/settings.ts';
import type { SyncNames } from '../postgres/sync-names.ts';
import type { GuardOrder } from './lock/execute-lock.ts';
import type { ReplInfo } from './repl-info.ts';

/** A change of a node attribute that lives until reboot; undefined removes it. */
export interface Publication {
  readonly node: string;
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Everything that the brain can have done, with what each takes. The union of steps and the table of executors are
 * both made from this one map, so that a kind without an executor does not compile.
 */
export interface StepArguments {
  /** node attributes until reboot, all at once */
  readonly publish: { readonly changes: readonly Publication[] };
  /** Pacemaker writes the attributes until reboot of all nodes into the CIB anew: see `rewriteLost` */
  readonly rewrite: Record<never, never>;
  /** this node's note for the election; undefined withdraws it */
  readonly announce: { readonly note: string | undefined };
  /** permanent node attributes and REPL_INFO, in one atomic write */
  readonly record: {
    readonly dataStatus: Readonly<Record<string, string>>;
    readonly replInfo?: ReplInfo;
    /** see ReplInfo; 0 removes it */
    readonly usedTimeline?: Timeline;
    /**
     * of a promotion: `tentative` until a majority has it, `final` right after the `confirm` of that, `finished`, once PostgreSQL
     * is primary, right after one more; see rankOf
     */
    readonly promotion?: 'tentative' | 'final' | 'finished';
  };
  /**
   * Fails unless a majority of the cluster's nodes, each asked for what its own copy of the CIB says, has these
   * values, and this node still has quorum.
   */
  readonly confirm: {
    readonly dataStatus: Readonly<Record<string, string>>;
    /** nodes whose data status must not be STREAMING|SYNC any more */
    readonly notSync: readonly string[];
    readonly replInfo?: ReplInfo;
    /** a standby's: with a lock, too, the nodes are asked and not the arbiter, which confirms what its owner does */
    readonly byNodes?: true;
    /** of two nodes with a quorum device the other one is gone for good, as far as acting goes: see decide/apart.ts */
    readonly alone?: true;
  };
  /** the settings file that the agent owns, its inclusion, and the standby signal */
  readonly configure: { readonly settings: ReplicationSettings; readonly standby: boolean };
  /** for a balancer of reads: see decide/lag.ts */
  readonly tellLag: { readonly lag: string };
  readonly reload: { readonly pid: number };
  /** as a standby: fails, with nothing left running, when the standby signal is gone by the time that PostgreSQL runs */
  readonly start: { readonly standby: boolean };
  /** until PostgreSQL says in its lock file that it accepts connections; fails when it does not soon */
  readonly awaitReady: Record<never, never>;
  /** until commits would wait as these names have it, also those of clients that come at once; fails when that is not so soon */
  readonly awaitNames: { readonly names: SyncNames };
  /** while the server still takes writes, so that its shutdown has little left to write; it may fail */
  readonly checkpoint: Record<never, never>;
  readonly stop: { readonly first: 'fast' | 'immediate'; readonly escalateAfterMs: number };
  /** PostgreSQL opens none of these timelines at its promotion: see reserved-timelines.ts */
  readonly reserve: { readonly from: Timeline; readonly through: Timeline };
  readonly promote: { readonly pid: number };
  /** until PostgreSQL is no standby any more; where that takes longer than a second it fails, and another look sees how it is */
  readonly awaitPromoted: Record<never, never>;
  readonly resumeReplay: Record<never, never>;
  /** as long as nobody has renewed it since this stamp */
  readonly takeLock: { readonly ifRenewedAt: string };
  /** `#alone` beside the lock: nobody else is promoted until it is given back */
  readonly goAlone: Record<never, never>;
  readonly endAlone: Record<never, never>;
  /** the row becomes this node's, if it is still that of the other one, which streams from here */
  readonly inheritAlone: { readonly from: string };
  /** `#database` beside the lock, if it is nobody's */
  readonly nameDatabase: { readonly systemIdentifier: string };
  /** the last before PostgreSQL is started as a primary: this node may have been frozen since the arbiter was asked */
  readonly renewLock: Record<never, never>;
  /** PostgreSQL is ended when the lease is over that was asked for at this moment; fails when it is over already */
  readonly guard: GuardOrder;
  /** after PostgreSQL is gone: the guard goes, and the lock is given back; it may fail */
  readonly giveBack: Record<never, never>;
  /** the end of this server is reported to Pacemaker the moment it comes: see watcher.ts; it may fail */
  readonly watch: { readonly pid: number };
  readonly endWatch: Record<never, never>;
  readonly endReceiver: { readonly pid: number };
  /** processes of PostgreSQL, of a standby that streams from itself */
  readonly endConnections: { readonly pids: readonly number[] };
  readonly createSlots: { readonly names: readonly string[] };
  readonly dropSlots: { readonly names: readonly string[] };
}

export type StepKind = keyof StepArguments;
export type StepOf<K extends StepKind> = { readonly kind: K } & StepArguments[K] & {
    /** begun together with the step before it, since neither needs the other to have succeeded, and writes are waiting */
    readonly alongside?: true;
  };
export type Step = { [K in StepKind]: StepOf<K> }[StepKind];

/** Steps that are begun together, one group after the other. */
export const sideBySide = (steps: readonly Step[]): readonly (readonly Step[])[] => {
  const groups: Step[][] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    if (step.alongside && group !== undefined) group.push(step);
    else groups.push([step]);
  }
  return groups;
};
