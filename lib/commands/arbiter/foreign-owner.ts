import type { Situation } from '../status/situation.ts';

/** Also one that was taken out of the cluster and is still recorded as its last primary. */
export const isOwnNode = (
  { view, resource, facts }: Pick<Situation, 'view' | 'resource' | 'facts'>,
  name: string,
): boolean =>
  view.nodes.has(name) || resource.parameters.node_list.includes(name) || facts.replInfo?.node === name;

/** Of somebody who has the row `#alone` and is no node of this cluster: to take it from him may cost that cluster its writes. */
export const foreignAlone = (lock: string, owner: string): string =>
  `${owner} has the row ${lock}#alone, and is no node of this cluster: as long as it has, no node of this cluster can be the primary. If another cluster uses this lock, give that one a lock of its own (distlock_lockname there). If ${owner} was a node of this cluster, and its writes are given up: distlock CONNINFO unlock ${lock}#alone ${owner}`;
