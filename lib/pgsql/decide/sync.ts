import { DataStatus } from '../names.ts';
import { chooseSynchronous } from './choose-standby.ts';
import { reason } from './decision.ts';
import { planToMark, planToUnmark, planToWaitFor } from './sync-mark.ts';
import { type SyncInput, type SyncPlan, settled, union } from './sync-plan.ts';
import { planToRelease, planWithoutStandby } from './sync-release.ts';

/**
 * Chooses the synchronous standby and moves there in steps, each of which keeps:
 *
 * - Invariant 1: every node that is marked `STREAMING|SYNC` is waited for on every commit, and has flushed past the
 *   position at which that waiting began.
 * - Invariant 2: a node is dropped from synchronous_standby_names only after a majority of the cluster has recorded
 *   that it may not take over.
 *
 * So the names only ever grow by the new standby first (make), and lose the old one last (break): while the change
 * is under way commits wait for both, and there is always one that may take over.
 */
export const planSync = (input: SyncInput): SyncPlan => {
  const marked = input.standbys.filter((s) => s.dataStatus === DataStatus.sync).map((s) => s.name);
  const waited = input.waiting.kind === 'all' ? input.waiting.nodes : [];
  const strays = marked.filter((name) => !waited.includes(name));
  if (strays.length > 0) return planToUnmark(input, strays, marked, waited);
  const want = chooseSynchronous(input, waited, marked);
  if (want === undefined) return planWithoutStandby(input, waited, marked);
  if (!waited.includes(want.name)) return planToWaitFor(input, want, waited, marked);
  if (!marked.includes(want.name)) return planToMark(input, want, waited, marked);
  const others = union(waited, marked).filter((name) => name !== want.name);
  if (others.length > 0) return planToRelease(input, others, [want.name], want.name);
  return settled(input, marked, waited, reason('sync.steady', `commits wait for ${want.name}`, 'debug'));
};
