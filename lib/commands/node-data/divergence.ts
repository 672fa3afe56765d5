import { provenPosition } from '../../pgsql/decide/join.ts';
import type { PrimaryHistory } from '../../pgsql/snapshot.ts';
import type { ControlData } from '../../postgres/control-data.ts';
import { compareHistories, endOf, type History } from '../../postgres/history.ts';
import type { Lsn, Timeline } from '../../postgres/lsn.ts';
import { factOr } from '../../system/fact.ts';
import type { NodeDataSnapshot } from './snapshot.ts';

/** Where a node and the primary parted, and how far the node is known to have gone on its own. */
export type Divergence =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'diverged';
      /** The primary left this timeline … */
      readonly timeline: Timeline;
      /** … here. */
      readonly fork: Lsn;
      /** The timeline on which this node went on, and a position that it has reached at least. */
      readonly ownTimeline: Timeline;
      readonly reached: Lsn;
    };

/** Pure; by the control file, the timeline history, and what lies in the log where the primary left the timeline. */
export function divergenceOf(
  control: ControlData,
  { ownHistory, recordAtFork }: NodeDataSnapshot['disk'],
  primary: PrimaryHistory,
): Divergence {
  const position = provenPosition(control);
  const history: History | undefined = factOr(ownHistory, undefined);
  const ancestry = compareHistories({ position, ...(history === undefined ? {} : { history }) }, primary);
  const own = { ownTimeline: position.timeline, reached: position.lsn };
  if (ancestry.kind === 'diverged')
    return { kind: 'diverged', timeline: ancestry.forkTimeline, fork: ancestry.forkLsn, ...own };
  const fork = endOf(primary.history, position.timeline);
  return fork !== undefined && factOr(recordAtFork, false)
    ? { kind: 'diverged', timeline: position.timeline, fork, ...own }
    : { kind: 'none' };
}
