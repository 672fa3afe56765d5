import type { ConfigurationChange, PropertyChange } from '../pacemaker/configuration-patch.ts';
import type { ClusterView } from '../pacemaker/view.ts';
import type { Lsn, Timeline } from '../postgres/lsn.ts';
import { type ClusterFacts, clusterFacts } from './cluster-facts.ts';
import { DataStatus, REPLICATION_SET, type StateNames } from './names.ts';
import { CLAIM_RANK, usedTimelineProperty } from './record.ts';
import { formatReplInfo, openedTimeline, type ReplInfo } from './repl-info.ts';

/**
 * The record of a node that an operator has named to be the next primary. The agents read it as that of a primary which
 * has not come up yet: this node is promoted first, without being asked what it has, but for one thing: if another node
 * that can be seen holds more, that one is promoted instead (invariant 3). Since it is not LATEST, its promotion opens
 * a new timeline, so that a lost primary that comes back after all is told from it.
 */
export const namedPrimary = (node: string): ReplInfo => ({ node, timeline: 0, end: 0n as Lsn });

/** As cls_setup puts it into the configuration of a cluster that has no record yet. */
export const namedPrimaryProperty = (names: StateNames, node: string): PropertyChange => ({
  set: REPLICATION_SET,
  name: names.replInfo,
  value: resetText(node),
});

/** What REPL_INFO says after a reset. */
export const resetText = (node: string | undefined): string =>
  node === undefined ? '' : formatReplInfo(namedPrimary(node));

/**
 * One history (invariant 4): the lost primary has written on the timeline that it opened, and the next one may never
 * have followed it there. Were it to open a timeline of that number too, at the same position as like as not, nothing
 * would tell the two apart: so that number is used, and the next primary opens a later one (see `reserve`).
 */
const usedAtReset = (
  { replInfo, usedTimeline, unreadable }: ClusterFacts,
  newest: Timeline | undefined,
): Timeline => {
  const recorded =
    replInfo === undefined || replInfo.timeline === 0 ? usedTimeline : openedTimeline(replInfo);
  if (unreadable === undefined) return recorded;
  // The lost primary may have opened the next one, and nobody followed it there.
  return newest === undefined ? 0 : Math.max(recorded, newest + 1);
};

/**
 * Forgets who was primary and who may take over, in one atomic write that outranks every other. Without a node the
 * record is empty, as before the first promotion: the node with the newest position is elected.
 */
export const resetChange = (
  node: string | undefined,
  view: ClusterView,
  names: StateNames,
  /** the newest timeline that a node holds, where that is known: it counts where the record cannot be read */
  newest?: Timeline,
): ConfigurationChange => {
  const facts = clusterFacts(view, names);
  const used = usedAtReset(facts, newest);
  return {
    permanent: [...view.nodes.keys()]
      .filter((each) => (facts.dataStatus(each) ?? DataStatus.disconnect) !== DataStatus.disconnect)
      .map((each) => ({ node: each, name: names.dataStatus, value: DataStatus.disconnect })),
    properties: [
      { set: REPLICATION_SET, name: names.replInfo, value: resetText(node) },
      ...(used > facts.usedTimeline ? [usedTimelineProperty(names, used)] : []),
    ],
    rank: CLAIM_RANK,
  };
};
