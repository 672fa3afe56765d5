import { writeConfiguration } from '../../pacemaker/attributes.ts';
import { localQuorum, queryCluster } from '../../pacemaker/query.ts';
import { confirmRecord } from '../../pgsql/confirm.ts';
import { DataStatus, stateNames } from '../../pgsql/names.ts';
import { OPERATOR_RELEASE_RANK, recordedChange } from '../../pgsql/record.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { CommandExit } from '../exit-codes.ts';
import { failure, STEP_DONE, type StepResult } from '../plan.ts';

const WRITE_MS = 10_000;

/**
 * Invariant 2 for data that are about to be lost: before they change, a majority of the cluster knows that this node may
 * not take over. With sync_degrade=never a standby that is gone keeps its mark, since it still has every acknowledged
 * write; one whose data were replaced must not live on that.
 */
export async function releaseNode(resource: string, self: string, deadline: Deadline): Promise<StepResult> {
  const refuse = (reason: string): StepResult =>
    failure(
      CommandExit.NO_QUORUM,
      `the cluster could not be told that ${self} may not take over: ${reason}. Its data were not touched; try again when the other nodes are there`,
    );
  const limit = within(deadline, WRITE_MS);
  const names = stateNames(resource);
  for (;;) {
    const [cluster, quorum] = await Promise.all([queryCluster(limit), localQuorum(limit)]);
    if (!cluster.known) return refuse(cluster.reason);
    if (!quorum.known || !quorum.value) {
      return refuse(quorum.known ? 'this node has no quorum' : quorum.reason);
    }
    const view = cluster.value;
    // Whatever its status is now: the primary may be about to write a mark that was decided before this node was stopped.
    const change = { dataStatus: { [self]: DataStatus.disconnect } };
    const written = await writeConfiguration(
      recordedChange(change, names, OPERATOR_RELEASE_RANK),
      view,
      limit,
    );
    // The primary, too, may have just recorded that this node is gone.
    if (!written.ok && written.isOutdated && !limit.expired()) continue;
    if (!written.ok) return refuse(written.reason);
    const wanted = { dataStatus: {}, notSync: [self] };
    const confirmed = await confirmRecord(self, view, names, wanted, within(deadline, WRITE_MS));
    return confirmed.ok ? STEP_DONE : refuse(confirmed.reason);
  }
}
