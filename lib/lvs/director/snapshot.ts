import type { ClusterPicture } from '../../pacemaker/picture.ts';
import type { Fact } from '../../system/fact.ts';
import type { Connections } from '../ipvs/connections.ts';
import type { IpvsAnswer } from '../ipvs/ipvsadm.ts';
import type { Sysctls } from '../sysctl-record.ts';
import type { Candidates } from './candidates.ts';
import type { Memory } from './memory.ts';

/** What a check has to say of one server. */
export type Health =
  | { readonly state: 'well' }
  | { readonly state: 'ill'; readonly why: string }
  /** It has not ended in time, which may be the server's fault or this machine's. */
  | { readonly state: 'late'; readonly why: string }
  /** The check itself could not be made. */
  | { readonly state: 'unknown'; readonly why: string };

/** How far a standby is behind, as it says itself. */
export interface Lag {
  readonly bytes: number;
  readonly seconds: number;
}

/** All that one decision is made from. */
export interface Snapshot {
  readonly self: string;
  readonly resource: string;
  readonly isProbe: boolean;
  /** Whether this look is one of the regular ones, by which lag is counted. */
  readonly isRegular: boolean;
  /** How often this operation has looked already; 0 at the first time. */
  readonly round: number;
  /** This machine's monotonic clock since boot. */
  readonly uptimeMs: number;
  readonly table: IpvsAnswer;
  readonly connections: Fact<Connections>;
  /** Kernel settings of a director, as far as they were looked at and this kernel has them. */
  readonly settings: Sysctls;
  readonly cluster: Fact<ClusterPicture>;
  readonly candidates: Candidates;
  /** The address of each host that matters, by name: candidates, weights, the sorry server and the cluster's nodes. */
  readonly addresses: ReadonlyMap<string, Fact<string>>;
  /** By address, of those that were checked. */
  readonly health: ReadonlyMap<string, Health>;
  /** Whether a sorry server other than the primary takes connections. */
  readonly sorryHealth: Health;
  /** By node; unknown where lag does not matter. */
  readonly lags: Fact<ReadonlyMap<string, Lag>>;
  readonly memory: Memory;
}
