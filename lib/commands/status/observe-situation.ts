import type { Deadline } from '../../system/clock.ts';
import { type ClusterSnapshot, observeCluster } from '../cluster/observe-cluster.ts';
import { choosePgsqlResource } from '../cluster/pgsql-resource.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { clusterSituation, type Situation } from './situation.ts';

export type ObservedSituation =
  | { readonly ok: true; readonly cluster: ClusterSnapshot; readonly situation: Situation }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

/** The cluster and the resource that a command is about. The databases are not asked. */
export async function observeSituation(
  wanted: string | undefined,
  deadline: Deadline,
): Promise<ObservedSituation> {
  const cluster = await observeCluster(deadline);
  if (!cluster.known) {
    return {
      ok: false,
      code: CommandExit.NO_CLUSTER_INFORMATION,
      sentence: `no cluster information: ${cluster.reason}`,
    };
  }
  const choice = choosePgsqlResource(cluster.value.primitives, wanted);
  return choice.ok
    ? { ok: true, cluster: cluster.value, situation: clusterSituation(cluster.value, choice.resource) }
    : choice;
}
