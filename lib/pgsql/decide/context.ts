import type { NotifyLists } from '../../pacemaker/notify.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';

/**
 * The configuration with node_list as the cluster spells it. Pacemaker compares names of nodes without case; everything
 * here compares them whole. An empty list means every node that can run the resource.
 */
export const withClusterNames = (config: PgsqlConfig, view: ClusterView): PgsqlConfig => {
  const members = [...view.nodes.values()].filter((node) => !node.remote).map((node) => node.name);
  if (config.nodeList.length === 0) return { ...config, nodeList: members };
  const spelled = new Map(members.map((name) => [name.toLowerCase(), name]));
  return { ...config, nodeList: config.nodeList.map((name) => spelled.get(name.toLowerCase()) ?? name) };
};

/** The nodes of this resource that the cluster has, this one included. */
export const resourceNodes = (config: PgsqlConfig, facts: ClusterFacts): readonly string[] =>
  config.nodeList.filter((node) => facts.view.nodes.has(node));

export const peersOf = (config: PgsqlConfig, facts: ClusterFacts, self: string): readonly string[] =>
  resourceNodes(config, facts).filter((node) => node !== self);

/** The node that is primary now, as far as the cluster knows: it says so itself, and it is online. */
export const livePrimary = (facts: ClusterFacts): string | undefined =>
  facts.primaries.find((node) => node === facts.replInfo?.node) ?? facts.primaries[0];

/** Pacemaker has announced that it stops the node's instance, and not that it starts it again. */
export const isLeaving = (announced: NotifyLists, node: string): boolean =>
  announced.stop.includes(node) && !announced.start.includes(node);
