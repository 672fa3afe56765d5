import { isChanging } from '../../pacemaker/crm-mon.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import { clusterFacts } from '../../pgsql/cluster-facts.ts';
import { stateNames } from '../../pgsql/names.ts';
import { enumerate } from '../cli/text.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Failure, failure } from '../plan.ts';
import { promotedNodes, type StatusSnapshot } from '../status/situation.ts';

/**
 * What has come up while the operator thought about it. The record alone does not tell: it stays as it is when the
 * recorded primary comes back. Pure.
 */
export function objectionNow(
  { view, mon }: { readonly view: ClusterView; readonly mon: StatusSnapshot['mon'] },
  resource: PgsqlResource,
  expected: string | undefined,
): Failure | undefined {
  const names = stateNames(resource.id);
  const { replInfoText, primaries } = clusterFacts(view, names);
  if (replInfoText !== expected)
    return failure(
      CommandExit.NOT_IN_STATE,
      `${names.replInfo} was ${expected ?? 'empty'} and is ${replInfoText ?? 'empty'} now, so somebody has been promoted or named meanwhile; look at cls_status`,
    );
  const present = [...new Set([...promotedNodes(resource, mon), ...primaries])].sort();
  if (present.length > 0)
    return failure(
      CommandExit.NOT_IN_STATE,
      `${enumerate(present)} has come up as the primary meanwhile, so nothing is to be reset; look at cls_status`,
    );
  const busy = mon.instances.find(
    (each) => each.resource === resource.id && isChanging(each) && each.pending === 'Promoting',
  );
  return busy === undefined
    ? undefined
    : failure(
        CommandExit.NOT_IN_STATE,
        `${enumerate(busy.nodes) || 'a node'} is being promoted right now; wait for how that ends (cls_status --watch)`,
      );
}
