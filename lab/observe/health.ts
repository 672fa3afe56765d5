/** When a lab that was just brought up is ready for use. */
import { clusterNames, type LabOptions } from '../options.ts';
import { type CrmMon, promotedNode, startedNode, unpromotedNodes } from './crm-mon.ts';

const replicationTrouble = (
  cluster: CrmMon,
  options: LabOptions,
  standbys: readonly string[],
): string | undefined => {
  if (options.agent !== 'pha' && options.agent !== 'heartbeat') return undefined;
  const state = (node: string): string => cluster.attributes[node]?.['pgsql-data-status'] ?? 'unknown';
  const late = standbys.find((node) => !state(node).startsWith('STREAMING|'));
  if (late !== undefined) return `${late} is not streaming: its pgsql-data-status is ${state(late)}`;
  if (
    options.repMode === 'sync' &&
    standbys.length > 0 &&
    !standbys.some((node) => /\|(SYNC|QUORUM)$/.test(state(node)))
  ) {
    return 'no standby is synchronous';
  }
  return undefined;
};

const promotableTrouble = (cluster: CrmMon, options: LabOptions): string | undefined => {
  const primary = promotedNode(cluster);
  if (primary === undefined) return 'no node is promoted';
  const standbys = unpromotedNodes(cluster);
  if (standbys.length < options.nodeNames.length - 1) return 'not every other node runs a standby';
  if (startedNode(cluster, 'vip-master') !== primary) return 'the write VIP is not at the primary';
  if (startedNode(cluster, 'vip-slave') === undefined) return 'the read VIP is nowhere';
  if (options.template === 'muti_with_lvs' && startedNode(cluster, 'lvsdr') === undefined)
    return 'the reads are spread nowhere';
  return replicationTrouble(cluster, options, standbys);
};

const slaveTrouble = (cluster: CrmMon, options: LabOptions): string | undefined => {
  const running = cluster.resources.filter(({ id, role }) => id === 'pgsql' && role === 'Started');
  if (running.length < options.nodeNames.length - 1) return 'not every standby runs';
  return startedNode(cluster, 'vip-slave') === undefined ? 'the read VIP is nowhere' : undefined;
};

/** What is still missing, in words; undefined if the cluster is healthy. */
export const trouble = (cluster: CrmMon, options: LabOptions): string | undefined => {
  if (cluster.dc === undefined) return 'no coordinator is elected';
  if (!cluster.quorum) return 'there is no quorum';
  const online = new Set(
    cluster.nodes.filter((node) => node.online && !node.pending).map(({ name }) => name),
  );
  const missing = clusterNames(options).filter((name) => !online.has(name));
  if (missing.length > 0) return `${missing.join(', ')} not online`;
  if (options.agent === 'none') return undefined;
  const failed = cluster.resources.find((resource) => resource.failed);
  if (failed !== undefined) return `${failed.id} has failed on ${failed.node ?? 'some node'}`;
  if (options.agent === 'floor' || options.repMode === 'sync' || options.repMode === 'async') {
    return promotableTrouble(cluster, options);
  }
  if (options.repMode === 'slave') return slaveTrouble(cluster, options);
  return startedNode(cluster, 'pgsql') === undefined || startedNode(cluster, 'vip-master') === undefined
    ? 'pgsql or its VIP is not started'
    : undefined;
};
