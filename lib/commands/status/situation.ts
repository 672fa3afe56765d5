import type { MonInstance, MonReport } from '../../pacemaker/crm-mon.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import { type ClusterFacts, clusterFacts } from '../../pgsql/cluster-facts.ts';
import { stateNames } from '../../pgsql/names.ts';
import { unknown } from '../../system/fact.ts';
import type { ArbiterSnapshot } from '../arbiter/observe-arbiter.ts';
import type { BalancerSnapshot } from '../balancer/observe-balancers.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import type { DatabaseSnapshot } from '../database/observe-databases.ts';
import type { DeviceSnapshot } from './observe-device.ts';

/** All that the status of a database is decided from. */
export interface StatusSnapshot {
  readonly self: string;
  readonly resource: PgsqlResource;
  readonly view: ClusterView;
  readonly mon: MonReport;
  readonly databases: DatabaseSnapshot;
  readonly balancers: readonly BalancerSnapshot[];
  /** Where the database has a lock, and it was asked. */
  readonly arbiter?: ArbiterSnapshot;
  /** With quorum_device. */
  readonly device?: DeviceSnapshot;
  /** See observe-room.ts. */
  readonly walRoom?: number;
}

/** The snapshot, with the answers to what every rule asks. */
export interface Situation extends StatusSnapshot {
  readonly facts: ClusterFacts;
  readonly instances: readonly MonInstance[];
  /** Nodes that should run the database, in the order of their names. */
  readonly nodes: readonly string[];
  /** Nodes that run it as the primary, as Pacemaker has it. */
  readonly promoted: readonly string[];
  readonly running: readonly string[];
}

/** Nodes that Pacemaker has promoted. A resource that is no promotable clone is the primary wherever it runs. */
export function promotedNodes(resource: PgsqlResource, mon: MonReport): readonly string[] {
  const wanted = resource.promotable || resource.parameters.rep_mode === 'slave' ? 'promoted' : 'started';
  return [
    ...new Set(instancesOf(resource, mon).flatMap(({ role, nodes }) => (role === wanted ? nodes : []))),
  ];
}

/** What the cluster alone says, for those who need not ask the databases, nor the balancers. */
export const clusterSituation = (
  { self, view, mon }: Pick<StatusSnapshot, 'self' | 'view' | 'mon'>,
  resource: PgsqlResource,
): Situation => {
  const nobody = unknown('not asked for');
  const databases = { local: nobody, primary: nobody };
  return situationOf({ self, view, mon, resource, databases, balancers: [] });
};

const instancesOf = (resource: PgsqlResource, mon: MonReport): readonly MonInstance[] =>
  mon.instances.filter((instance) => instance.resource === resource.id);

export function situationOf(snapshot: StatusSnapshot): Situation {
  const { resource, view, mon } = snapshot;
  const instances = instancesOf(resource, mon);
  const nodeList = resource.parameters.node_list;
  return {
    ...snapshot,
    facts: clusterFacts(view, stateNames(resource.id)),
    instances,
    nodes: [...view.nodes.values()]
      .filter(({ name, remote }) => !remote && (nodeList.length === 0 || nodeList.includes(name)))
      .map(({ name }) => name)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    promoted: promotedNodes(resource, mon),
    running: [
      ...new Set(
        instances.flatMap(({ role, nodes }) => (role === 'stopped' || role === 'other' ? [] : nodes)),
      ),
    ],
  };
}
