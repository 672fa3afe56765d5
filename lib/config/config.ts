import type { ParameterValues } from '../../heartbeat-ocf/index.ts';
import type { configKeys } from './keys.ts';

/** A config.ini that was read and found to be in order. */
export interface ClusterConfig {
  /** By the names that they have in the file; what was not given has its default, text without one is ''. */
  readonly values: ParameterValues<typeof configKeys>;
  /** node1, node2 and so on by their numbers, then those of othernodes. */
  readonly nodes: readonly string[];
  /** In which line a key was given, for messages. */
  readonly lines: ReadonlyMap<string, number>;
  /** In which line a node was named. */
  readonly nodeLines: ReadonlyMap<string, number>;
}

export const clusterNodes = (config: ClusterConfig): readonly string[] => config.nodes;

/** What cls_start and cls_stop act on. */
export const resourceList = ({ values }: ClusterConfig): readonly string[] =>
  values.RESOURCE_LIST.length > 0 ? values.RESOURCE_LIST : ['msPostgresql', 'vip-master', 'vip-slave'];

/** As the others: psql stands beside pg_ctl. */
export const psqlPath = ({ values }: ClusterConfig): string =>
  values.pgsql_psql || values.pgsql_pgctl.replace(/[^/]*$/, 'psql');
