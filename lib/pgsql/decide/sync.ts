import type { Lsn } from '../../postgres/lsn.ts';
import { DataStatus } from '../names.ts';
import { isProven } from './alone.ts';
import { withCatchUps } from './catch-up.ts';
import { chooseSynchronous } from './choose-standby.ts';
import { reason } from './decision.ts';
import { isStreaming } from './standby-view.ts';
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
 * So the names grow by the new standby first (make), and lose the old one last (break): while the change is under way
 * commits wait for both, and there is always one that may take over. Unless the old one is lost: then it goes first.
 * PostgreSQL counts connections and not names, so of two names the one that is there would stand for both while it is
 * connected twice, as after an interruption until wal_sender_timeout ends the older connection (SyncRepGetCandidateStandbys
 * in syncrep.c). It costs nothing: nobody could take over, and commits hang until the lost one is released, anyway.
 */
export const planSync = (look: SyncInput): SyncPlan => {
  const input = { ...look, memory: withCatchUps(look.memory, look) };
  const marked = input.standbys.filter((s) => s.dataStatus === DataStatus.sync).map((s) => s.name);
  const waited = input.waiting.kind === 'all' ? input.waiting.nodes : [];
  const strays = input.standbys
    .filter(({ name, sender }) => marked.includes(name) && isStray(input, waited, name, sender?.flushLsn))
    .map((s) => s.name);
  if (strays.length > 0) return planToUnmark(input, strays, marked, waited);
  const want = chooseSynchronous(input, waited, marked);
  if (want === undefined) return planWithoutStandby(input, waited, marked);
  // One that the cluster has lost may be listed as streaming until its connection times out.
  const there = input.standbys.filter((s) => isStreaming(s) && (s.online || !s.inCluster)).map((s) => s.name);
  const gone = union(waited, marked).filter((name) => name !== want.name && !there.includes(name));
  if (gone.length > 0) {
    const kept = union(waited, [want.name]).filter((name) => !gone.includes(name));
    const release = planToRelease(input, gone, kept, want.name);
    return marked.includes(want.name)
      ? release
      : { ...release, again: `PostgreSQL to wait for ${want.name} on every commit` };
  }
  if (!waited.includes(want.name)) return planToWaitFor(input, want, waited, marked);
  if (!marked.includes(want.name)) return planToMark(input, want, waited, marked);
  const others = union(waited, marked).filter((name) => name !== want.name);
  if (others.length > 0) return planToRelease(input, others, [want.name], want.name);
  return settled(input, marked, waited, reason('sync.steady', `commits wait for ${want.name}`, 'debug'));
};

const isStray = (
  { marksProveNothing, memory, waiting }: SyncInput,
  waited: readonly string[],
  name: string,
  flushed: Lsn | undefined,
): boolean =>
  !waited.includes(name) || (marksProveNothing === true && !isProven(memory, waiting, name, flushed));
