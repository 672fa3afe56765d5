import type { Forward, Scheduling } from '../ipvs/table.ts';
import type { ListedServer } from './server-list.ts';

/** The agent's parameters as its brain uses them: checked, with defaults, lists split, units in the names. */
export interface DirectorConfig {
  readonly vip: string;
  readonly ports: readonly number[];
  readonly family: 4 | 6;
  readonly forward: Forward;
  readonly scheduling: Scheduling;
  readonly defaultWeight: number;
  readonly list: readonly ListedServer[];
  readonly dependentResource: string;
  readonly attributeName: string;
  /** Must match the whole value. */
  readonly attributePattern: string;
  /** Words of a command; empty when there is none. */
  readonly getScript: readonly string[];
  readonly checkScript: readonly string[];
  readonly scriptTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** `primary`, a host, or nothing. */
  readonly sorryServer: string;
  readonly leastServers: number;
  /** 0 is no limit. */
  readonly maxLagBytes: number;
  readonly maxLagSeconds: number;
  readonly slowStartMs: number;
  /** Resource of ocf:pha:pgsql, whose attributes tell of the databases. */
  readonly database: string;
  readonly followEvents: boolean;
  readonly sync: { readonly interface: string; readonly id: number } | undefined;
}
