import type { LockConfig } from './lock/facts.ts';

/** The agent's parameters as the brain uses them: checked, with defaults, lists split, units in the names. */
export interface PgsqlConfig {
  readonly repMode: 'none' | 'async' | 'sync' | 'slave';
  readonly syncDegrade: 'allow' | 'never';
  /** the cluster's nodes that run this resource; empty means all */
  readonly nodeList: readonly string[];
  readonly externalStandbys: readonly string[];
  readonly primaryHost: string;
  readonly port: number;
  readonly replicationUser: string;
  readonly primaryConninfoOptions: string;
  readonly slotPrefix: string;
  readonly restoreCommand: string;
  readonly archiveCleanupCommand: string;
  readonly recoveryEndCommand: string;
  /** bytes; 0 is no limit */
  readonly maxLagOnFailover: bigint;
  /** equal observations before an election without a known primary */
  readonly checkCount: number;
  readonly checkWalReceiver: boolean;
  readonly publishLag: boolean;
  readonly fastDetection: boolean;
  /** how Pacemaker recovers if this operation fails: its on-fail */
  readonly onFail: string;
  readonly writeCheck: boolean;
  readonly stopEscalateMs: number;
  readonly stopEscalateStandbyMs: number;
  /** absent without enable_distlock */
  readonly lock?: LockConfig;
  /** quorum_device: a node that is left alone with quorum may go on */
  readonly quorumDevice?: boolean;
}
