/**
 * Two nodes and a quorum device. Of two parts of the cluster at most one has quorum at a time, but it may be the one now and the
 * other later, and neither sees what the other one has recorded. So a node acts alone, which is to be promoted or to let
 * commits go on without a standby, only if it has had quorum ever since it last saw the other one, and for ALONE_MS.
 *
 * Invariant: of two nodes that are apart only one ever acts. While the one has had quorum for ALONE_MS the other one has either
 * looked and seen that it has none, or has not looked for longer than LONGEST_PAUSE_MS; after that it does not act until both
 * are together again, and have one record. A reboot forgets everything, and so it is the same.
 */
import type { Apart } from '../apart-memory.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { peersOf } from './context.ts';
import type { Decision } from './decision.ts';

/** Between two looks that are one row: a monitor's interval of 4 s, and what a busy machine adds. */
export const LONGEST_PAUSE_MS = 7_000;
/** More than that, by what Pacemaker needs to tell a node that it has lost quorum. */
export const ALONE_MS = 9_000;

export interface QuorumLook {
  readonly atMs: number;
  readonly hasQuorum: boolean;
  /** as Pacemaker has it, and as Corosync has it: after a cut they differ for a moment */
  readonly isOtherOnline: boolean;
  readonly joined: number;
  readonly joins: string;
}

export const remember = (before: Apart | undefined, look: QuorumLook): Apart | undefined => {
  const { atMs, hasQuorum, isOtherOnline, joined, joins } = look;
  if (hasQuorum && isOtherOnline && joined > 1) return { lookedMs: atMs, joins };
  const isSame = before?.joins === joins;
  if (before?.mayAct && isSame) return before;
  if (!hasQuorum || before === undefined || atMs - before.lookedMs > LONGEST_PAUSE_MS) return undefined;
  if (isOtherOnline || joined > 1) return before;
  const aloneSinceMs = isSame ? (before.aloneSinceMs ?? atMs) : atMs;
  return {
    lookedMs: atMs,
    joins,
    aloneSinceMs,
    ...(atMs - aloneSinceMs >= ALONE_MS ? { mayAct: true } : {}),
  };
};

/** What this node remembers after this look; what cannot be told is no look. */
const lookedAt = (snapshot: Snapshot, config: PgsqlConfig): Apart | undefined => {
  const { members, cluster, self, memory, names, uptimeMs } = snapshot;
  if (members === undefined) return undefined;
  if (!members.known || !cluster.known) return memory.apart;
  if (members.value.device === undefined) return undefined;
  const facts = clusterFacts(cluster.value, names);
  const [other, ...more] = peersOf(config, facts, self);
  if (other === undefined || more.length > 0) return undefined;
  return remember(memory.apart, {
    atMs: uptimeMs,
    hasQuorum: facts.view.haveQuorum,
    isOtherOnline: facts.online(other),
    joined: members.value.joined,
    joins: members.value.joins,
  });
};

/** Before each decision: its rules go by `memory.apart`. */
export const watchingQuorum = (snapshot: Snapshot, config: PgsqlConfig): Snapshot => {
  if (config.quorumDevice !== true && snapshot.memory.apart === undefined) return snapshot;
  const { apart: _, ...memory } = snapshot.memory;
  const apart = lookedAt(snapshot, config);
  return { ...snapshot, memory: apart === undefined ? memory : { ...memory, apart } };
};

export interface ApartObjection {
  readonly sentence: string;
  /** it passes, if quorum stays */
  readonly leftMs: number | undefined;
}

/** Why this node may not act alone. @param apart after this look */
export const objectionToActing = (
  apart: Apart | undefined,
  other: string,
  nowMs: number,
): ApartObjection | undefined => {
  if (apart?.mayAct) return undefined;
  if (apart === undefined)
    return {
      sentence: `this node has been without quorum, or nobody has looked, since it last saw ${other}, which may have been the primary meanwhile: start ${other}`,
      leftMs: undefined,
    };
  const leftMs = ALONE_MS - (apart.aloneSinceMs === undefined ? 0 : nowMs - apart.aloneSinceMs);
  return { sentence: `${other} is gone, and may not yet know that it has no quorum`, leftMs };
};

/** The other node, where it is not online; undefined where it is, or no quorum device is told of. */
export const missingOther = (
  { self }: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): string | undefined => {
  const [other, ...more] = peersOf(config, facts, self);
  const isAsked = config.quorumDevice === true && other !== undefined && more.length === 0;
  return isAsked && !facts.online(other) ? other : undefined;
};

/** Why this node would not be promoted now. */
export const apartObstacle = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): ApartObjection | undefined => {
  const other = missingOther(snapshot, config, facts);
  return other === undefined ? undefined : objectionToActing(snapshot.memory.apart, other, snapshot.uptimeMs);
};

/** What is decided alone is confirmed alone. @param snapshot after watchingQuorum() */
export const actingAlone = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { cluster, names } = snapshot;
  if (config.quorumDevice !== true || !cluster.known) return decision;
  const facts = clusterFacts(cluster.value, names);
  const isAlone = missingOther(snapshot, config, facts) !== undefined;
  if (!isAlone || apartObstacle(snapshot, config, facts) !== undefined) return decision;
  return {
    ...decision,
    steps: decision.steps.map((step) => (step.kind === 'confirm' ? { ...step, alone: true } : step)),
  };
};
