import type { ClusterConfig } from '../../config/index.ts';
import type { XmlElement } from '../../pacemaker/xml.ts';
import type { ClusterSnapshot } from '../cluster/observe-cluster.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import type { Changes } from './changes.ts';
import type { Merged } from './merge.ts';
import type { NodeServer } from './running-servers.ts';

/** All that is decided from whether and how a definition is loaded. */
export interface SetupSnapshot {
  readonly cluster: ClusterSnapshot;
  readonly config: ClusterConfig;
  readonly configFile: string;
  readonly definitionFile: string;
  /** The node that is to be the first primary, if the operator has named one. */
  readonly master?: string;
  /** The configuration as it is. */
  readonly before: XmlElement;
  /** The same with the definition loaded, and the record of the first primary if one is named. */
  readonly after: XmlElement;
  readonly merged: Merged;
  readonly changes: Changes;
  /** The database that the definition has, if there is one. */
  readonly database?: PgsqlResource;
  /** What runs on each node, if the cluster does not run the database yet. */
  readonly servers: readonly NodeServer[];
  /** Virtual addresses that somebody has who is no resource of this cluster, in words. */
  readonly takenAddresses: readonly string[];
  readonly backupFile: string;
}
