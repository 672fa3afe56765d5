import type { RealServerSnapshot } from '../../lvs/realsvr/snapshot.ts';

/** What a machine outside the cluster is like, seen by cls_realserver. */
export interface OutsideSnapshot {
  readonly local: RealServerSnapshot;
  /** Undefined where the machine was not booted by systemd. */
  readonly unit: UnitState | undefined;
  /** The full path of this command, for the unit. */
  readonly executable: string;
  /** It has a corosync.conf: there, Pacemaker's resource does all this. */
  readonly isClusterNode: boolean;
}

export interface UnitState {
  /** Undefined when there is none. */
  readonly text: string | undefined;
  readonly enabled: boolean;
  readonly active: boolean;
}
