import { isChanging } from '../../pacemaker/crm-mon.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import { clusterFacts } from '../../pgsql/cluster-facts.ts';
import { DataStatus, Score, stateNames } from '../../pgsql/names.ts';
import type { ClusterSnapshot } from '../cluster/observe-cluster.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { promotedNodes } from '../status/situation.ts';
import type { Change } from './decide.ts';

/** How a switch stands, by one look at the cluster. */
export type Standing =
  | { readonly kind: 'done' }
  /** Neither under way nor asked for any more: it went back, or Pacemaker did not act, or somebody else was promoted. */
  | { readonly kind: 'at-rest'; readonly primary: string }
  | { readonly kind: 'under-way'; readonly state: string };

/** Pure. What is `at-rest` in one look may just not have arrived yet: it counts when it lasts. */
export function standingOf(cluster: ClusterSnapshot, resource: PgsqlResource, change: Change): Standing {
  const { primary, successor } = change;
  const facts = clusterFacts(cluster.view, stateNames(resource.id));
  const promoted = promotedNodes(resource, cluster.mon);
  const [now] = promoted;
  const pending = cluster.mon.instances.find(
    (instance) => instance.resource === resource.id && isChanging(instance),
  );
  if (promoted.length === 1 && now === successor && facts.status(successor) === 'PRI')
    return facts.replInfo?.node === successor
      ? { kind: 'done' }
      : { kind: 'under-way', state: `${successor} records that it is the primary` };
  if (pending !== undefined)
    return {
      kind: 'under-way',
      state: `${pending.nodes.join(', ') || 'a node'} is ${pending.pending?.toLowerCase()}`,
    };
  if (promoted.length !== 1 || now === undefined) return { kind: 'under-way', state: 'no node is primary' };
  if (now === primary && facts.score(successor) === Score.successor)
    return { kind: 'under-way', state: `Pacemaker is to promote ${successor}` };
  if (now === primary && isNamed(cluster.view, resource, change))
    return {
      kind: 'under-way',
      state:
        facts.dataStatus(successor) === DataStatus.sync || resource.parameters.rep_mode === 'async'
          ? `${primary} hands over with its next monitor`
          : `${primary} makes ${successor} the synchronous standby`,
    };
  return facts.status(now) === 'PRI'
    ? { kind: 'at-rest', primary: now }
    : { kind: 'under-way', state: `${now} is promoted` };
}

/** Does the cluster still say that the node is to take over? */
export const isNamed = (
  view: ClusterView,
  resource: PgsqlResource,
  { successor, replInfo }: Change,
): boolean => {
  const names = stateNames(resource.id);
  return clusterFacts(view, names).transient(successor, names.switchFrom) === replInfo;
};

/** What has failed on the successor since the switch began, for the message. */
export function failureSince(
  before: ClusterSnapshot['mon'],
  now: ClusterSnapshot['mon'],
  resource: PgsqlResource,
  { successor }: Change,
): string | undefined {
  const known = new Set(before.failures.map(({ node, task, when }) => `${node} ${task} ${when}`));
  const failure = now.failures.find(
    (each) =>
      each.resource === resource.id &&
      each.node === successor &&
      !known.has(`${each.node} ${each.task} ${each.when}`),
  );
  return failure === undefined
    ? undefined
    : `its ${failure.task} failed: ${failure.exitReason || failure.exitStatus || `exit code ${failure.exitCode}`}`;
}
