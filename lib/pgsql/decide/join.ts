import type { ControlData } from '../../postgres/control-data.ts';
import { compareHistories, endOf, type History, parentOf } from '../../postgres/history.ts';
import { formatLsn, type Lsn } from '../../postgres/lsn.ts';
import type { Position } from '../../postgres/position.ts';
import { factOr } from '../../system/fact.ts';
import { type ClusterFacts, describeUnreadable } from '../cluster-facts.ts';
import type { ReplInfo } from '../repl-info.ts';
import type { Disk, PrimaryHistory, Snapshot } from '../snapshot.ts';
import { hasFollowed } from './candidate.ts';

/** May this node follow the primary? (Invariant 4: only if its own history is a prefix of the primary's.) */
export type JoinVerdict =
  | { readonly kind: 'fits' }
  | { readonly kind: 'diverged' | 'foreign'; readonly sentence: string }
  /** not enough is known to say so; a node is never refused for that */
  | { readonly kind: 'unknown'; readonly why: string };

/** What the cluster has of the last promotion. Where it cannot be read, nobody can say who the primary is. */
export type PromotionRecord = Pick<ClusterFacts, 'replInfo' | 'unreadable'>;

/** The verdict on a data directory whose server is stopped. */
export const judgeStopped = (
  disk: Disk,
  primary: Snapshot['primaryHistory'],
  record: PromotionRecord,
): JoinVerdict => {
  if (!disk.control.known) return { kind: 'unknown', why: disk.control.reason };
  const control = disk.control.value;
  return judge({
    systemIdentifier: control.systemIdentifier,
    position: provenPosition(control),
    history: factOr(disk.ownHistory, undefined),
    recordAtFork: factOr(disk.recordAtFork, false),
    primary,
    record,
  });
};

/** The verdict on a running standby that does not receive WAL. */
export const judgeRunning = (
  systemIdentifier: string,
  position: Position,
  disk: Disk,
  primary: Snapshot['primaryHistory'],
  record: PromotionRecord,
): JoinVerdict =>
  judge({
    systemIdentifier,
    position,
    history: factOr(disk.ownHistory, undefined),
    recordAtFork: false,
    primary,
    record,
  });

/**
 * The newest position that the control file proves. A crashed primary may hold more: its WAL is looked at for that
 * (`recordAtFork`). The latest checkpoint is a record that begins at its location, so the node holds at least the byte after.
 */
export const provenPosition = (control: ControlData): Position => {
  const checkpoint: Position = {
    timeline: control.checkpointTimeline,
    lsn: (control.checkpointLsn + 1n) as Lsn,
  };
  const end = control.minRecoveryEnd;
  if (end === undefined) return checkpoint;
  const timeline = Math.max(control.minRecoveryTimeline ?? 0, checkpoint.timeline);
  return { timeline, lsn: end > checkpoint.lsn ? end : checkpoint.lsn };
};

interface Evidence {
  readonly systemIdentifier: string;
  readonly position: Position;
  readonly history: History | undefined;
  readonly recordAtFork: boolean;
  readonly primary: Snapshot['primaryHistory'];
  readonly recorded: ReplInfo | undefined;
}

const judge = ({
  record: { replInfo: recorded, unreadable },
  ...known
}: Omit<Evidence, 'recorded'> & { readonly record: PromotionRecord }): JoinVerdict => {
  if (unreadable !== undefined) return { kind: 'unknown', why: describeUnreadable(unreadable) };
  const mine = { ...known, recorded };
  return mine.primary.known && isRecordedPrimary(mine.primary.value, recorded)
    ? judgeByHistory(mine, mine.primary.value)
    : judgeByRecord(mine);
};

/**
 * Who answers at the primary's address need not be the primary: an old one that was cut off may still hold it. The
 * recorded one tells the very promotion that is recorded.
 */
export const isRecordedPrimary = (primary: PrimaryHistory, recorded: ReplInfo | undefined): boolean => {
  if (recorded === undefined) return true;
  const parent = parentOf(primary.history);
  return parent === undefined
    ? recorded.timeline === 0
    : parent.timeline === recorded.timeline &&
        parent.end === recorded.end &&
        primary.timeline > (recorded.usedTimeline ?? 0);
};

const judgeByHistory = (mine: Evidence, primary: PrimaryHistory): JoinVerdict => {
  const who = mine.recorded?.node ?? 'the primary';
  if (mine.systemIdentifier !== primary.systemIdentifier)
    return {
      kind: 'foreign',
      sentence: `not a copy of ${who}'s database, run cls_rebuild_slave here: system identifier ${mine.systemIdentifier}, there ${primary.systemIdentifier}`,
    };
  const verdict = compareHistories(
    { position: mine.position, ...(mine.history === undefined ? {} : { history: mine.history }) },
    { timeline: primary.timeline, history: primary.history, flushed: primary.flushed },
  );
  if (verdict.kind === 'diverged')
    return diverged(mine.position, who, verdict.forkTimeline, verdict.forkLsn, mine.position.lsn);
  const fork = endOf(primary.history, mine.position.timeline);
  return mine.recordAtFork && fork !== undefined
    ? diverged(mine.position, who, mine.position.timeline, fork, undefined)
    : { kind: 'fits' };
};

const judgeByRecord = (mine: Evidence): JoinVerdict => {
  const { recorded, position } = mine;
  if (recorded === undefined) return { kind: 'unknown', why: 'the cluster has recorded no promotion yet' };
  if (position.timeline === recorded.timeline) {
    if (position.lsn > recorded.end)
      return diverged(position, recorded.node, recorded.timeline, recorded.end, position.lsn);
    if (mine.recordAtFork)
      return diverged(position, recorded.node, recorded.timeline, recorded.end, undefined);
    return { kind: 'fits' };
  }
  if (position.timeline < recorded.timeline)
    return {
      kind: 'unknown',
      why: `timeline ${position.timeline} is older than the one ${recorded.node} came from`,
    };
  // A timeline of a primary that was given up: where it left the common history is not known, but not after that record.
  if (!hasFollowed(position, recorded))
    return diverged(position, recorded.node, recorded.timeline, recorded.end, undefined);
  return { kind: 'fits' };
};

/** Pacemaker shows the first 128 characters of an exit reason: the command must be among them. */
const diverged = (
  mine: Position,
  primary: string,
  timeline: number,
  fork: Lsn,
  upTo: Lsn | undefined,
): JoinVerdict => ({
  kind: 'diverged',
  sentence:
    `diverged from ${primary}, run cls_repair_by_pg_rewind here: timeline ${timeline} left at ${formatLsn(fork)}, ` +
    `this node has ${upTo === undefined ? `WAL of timeline ${mine.timeline} beyond` : formatLsn(upTo)}`,
});
