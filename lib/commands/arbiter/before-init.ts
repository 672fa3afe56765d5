import { clusterFacts } from '../../pgsql/cluster-facts.ts';
import { stateNames } from '../../pgsql/names.ts';
import { promotedNodes, type StatusSnapshot } from '../status/situation.ts';

/**
 * What comes before `init`, to be put behind the advice to run it; empty where nothing does. An arbiter that has forgotten everything
 * has also forgotten who went on alone: made anew while that one is away, it lets the other node be promoted without those writes. Pure.
 */
export function beforeInit({
  resource,
  view,
  mon,
}: Pick<StatusSnapshot, 'resource' | 'view' | 'mon'>): string {
  const { replInfo, replInfoText } = clusterFacts(view, stateNames(resource.id));
  if (replInfoText === undefined || promotedNodes(resource, mon).length > 0) return '';
  const last = replInfo?.node;
  const runs = mon.instances.some(
    ({ resource: id, role, nodes }) =>
      id === resource.id && role === 'unpromoted' && last !== undefined && nodes.includes(last),
  );
  return runs
    ? ''
    : `; but first bring ${last ?? 'the last primary'} back${last === undefined ? '' : ', the last primary'}: it may have gone on without its standby, which the arbiter has forgotten, and what it acknowledged then would be lost`;
}
