import type { Fact } from '../../system/fact.ts';
import type { Interface } from '../../system/interfaces.ts';
import type { Sysctls } from '../sysctl-record.ts';

/** All that is known of this machine as a real server. */
export interface RealServerSnapshot {
  readonly interfaces: Fact<readonly Interface[]>;
  /** Settings that this kernel has. */
  readonly settings: Sysctls;
  /** Names of those that were set for this real server, and are to be put back when it ends. */
  readonly held: readonly string[];
}
