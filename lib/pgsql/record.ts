import type { ConfigurationChange, PropertyChange } from '../pacemaker/configuration-patch.ts';
import type { ClusterView } from '../pacemaker/view.ts';
import type { Timeline } from '../postgres/lsn.ts';
import { known } from '../system/fact.ts';
import { type ClusterFacts, clusterFacts } from './cluster-facts.ts';
import { DataStatus, REPLICATION_SET, type StateNames } from './names.ts';
import { formatReplInfo } from './repl-info.ts';
import type { Snapshot } from './snapshot.ts';
import type { Step, StepArguments } from './steps.ts';

/** A promotion (with a lock: one that has come to its end) outranks every release that a cut-off primary may have written before it knew. */
const PROMOTION_RANK = 100;
/**
 * A majority may have the record of a promotion before it has the rank of one, and part again: then it must not depend on the number of
 * other changes whether it is undone where a part of them meets the old primary, which would go on by that. It is outranked by a
 * release, without which nobody acknowledges beside a candidate that is cut off, and counts once, however often it is written.
 */
const TENTATIVE_RANK = 1;
const RELEASE_RANK = 2;
/**
 * A primary that claims the record back, with quorum, may acknowledge from then on. So it outranks the promotion that it ends: of that
 * one a minority may have the rank already, when the candidate was cut off between two of its records. So does cls_reset_master.
 */
export const CLAIM_RANK = 1.5 * PROMOTION_RANK;
/** A promotion that has come to its end outranks whoever claims the record back by a view of before that: such a claim is refused. */
const PROMOTION_RANKS = { final: PROMOTION_RANK, finished: 2 * PROMOTION_RANK } as const;
/**
 * Of a node whose data a command is about to replace, whatever its status is: a mark may be on its way, which is refused then.
 * It outranks the releases of a primary that was cut off.
 */
export const OPERATOR_RELEASE_RANK = 10;

/** The successor that has become the primary is not released. */
const HOLDS_EVERYTHING: readonly string[] = [DataStatus.sync, DataStatus.latest];

/**
 * By how much a record outranks what another partition of the cluster writes meanwhile. When partitions meet again,
 * Pacemaker keeps the CIB with the higher version, whichever side had quorum; so the two kinds of records that safety
 * rests on, who is primary and who may no longer take over, raise it.
 */
export const rankOf = (change: StepArguments['record'], view: ClusterView, names: StateNames): number => {
  const facts = clusterFacts(view, names);
  if (change.promotion === 'tentative') return isSamePromotion(change, facts) ? 0 : TENTATIVE_RANK;
  if (change.promotion !== undefined) return PROMOTION_RANKS[change.promotion];
  if (change.replInfo !== undefined && change.replInfo.node !== facts.replInfo?.node) return CLAIM_RANK;
  const releases = Object.entries(change.dataStatus).some(
    ([node, value]) => facts.dataStatus(node) === DataStatus.sync && !HOLDS_EVERYTHING.includes(value),
  );
  return releases ? RELEASE_RANK : 0;
};

/** What a snapshot says once these steps are carried out, to a record that was decided together with them. */
export const raisedBy = (group: readonly Step[], snapshot: Snapshot): Snapshot => {
  const record = group.find((step) => step.kind === 'record');
  if (record === undefined || !snapshot.cluster.known) return snapshot;
  const view = snapshot.cluster.value;
  const adminEpoch = view.adminEpoch + rankOf(record, view, snapshot.names);
  return { ...snapshot, cluster: known({ ...view, adminEpoch }) };
};

/** The position may be another at each try: it may still receive. */
const isSamePromotion = ({ replInfo }: StepArguments['record'], facts: ClusterFacts): boolean =>
  replInfo?.node === facts.replInfo?.node && replInfo?.timeline === facts.replInfo?.timeline;

/** What outranks others must come from a part with quorum. Those of a promotion come right after a confirmation, which asks this, too. */
export const needsQuorum = ({ promotion }: StepArguments['record'], rank: number): boolean =>
  rank > 0 && promotion === undefined;

/** An empty value reads as none. */
export const usedTimelineProperty = (names: StateNames, timeline: Timeline): PropertyChange => ({
  set: REPLICATION_SET,
  name: names.usedTimeline,
  value: timeline === 0 ? '' : String(timeline),
});

/**
 * Invariant 1: what a mark was decided from must hold still when it is written. A release, or a promotion, since then ends it.
 * So it is with every record: another may have been promoted since, a node on whose word a promotion was decided may have taken
 * that back (seal.ts), or this partition has just met another that knows better. Each node refuses it then.
 */
export const recordedChange = (
  change: StepArguments['record'],
  names: StateNames,
  rank: number,
): ConfigurationChange => ({
  permanent: Object.entries(change.dataStatus).map(([node, value]) => ({
    node,
    name: names.dataStatus,
    value,
  })),
  properties: [
    ...(change.replInfo === undefined
      ? []
      : [{ set: REPLICATION_SET, name: names.replInfo, value: formatReplInfo(change.replInfo) }]),
    ...(change.usedTimeline === undefined ? [] : [usedTimelineProperty(names, change.usedTimeline)]),
  ],
  rank,
});
