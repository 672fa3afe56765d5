/**
 * Two nodes and a quorum device. After a cut both have quorum for a while: who does not reach the device counts its old vote until
 * the device's timeout is over. Then at most one has it, but it may be the one now and the other later, and neither sees what the
 * other one has recorded. So a node acts alone, which is to be promoted or to let commits go on without a standby, only if it has
 * had quorum ever since it last saw the other one, and for aloneMs().
 *
 * Invariant: of two nodes that are apart only one ever acts. When the one has had quorum for so long, the other one has either
 * looked and seen that it has none, or has not looked for longer than LONGEST_PAUSE_MS; after that it does not act until both
 * are together again, and have one record. A reboot forgets everything, and so it is the same.
 */
import type { Apart } from '../apart-memory.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { peersOf } from './context.ts';
import { type Decision, reason } from './decision.ts';

/** Between two looks that are one row: a monitor's interval of 4 s, and what a busy machine adds. */
export const LONGEST_PAUSE_MS = 7_000;
/** How much later than the other one a node may notice the cut, and that it has lost quorum. */
const NOTICED_WITHIN_MS = 2_000;

/**
 * A node that is cut off from the device notices it, and counts its vote no more, at most 1.6 times `timeout` after the cut, and
 * the device gives the vote away 0.4 times `timeout` after it at the earliest: heartbeats come every 0.8 times `timeout`, and it
 * waits for 1.5 of them.
 */
const oldVoteMs = (deviceTimeoutMs: number): number => 1.2 * deviceTimeoutMs;

/**
 * Twice, since the vote may move while they are apart: the other one, which was cut off from everybody, reaches the device
 * again just when this one no longer does, and this one counts its old vote after that one has its new.
 */
export const aloneMs = (deviceTimeoutMs: number): number =>
  2 * oldVoteMs(deviceTimeoutMs) + LONGEST_PAUSE_MS + NOTICED_WITHIN_MS;

/**
 * From the last look with the other one to the first without: Corosync says nothing new until the device has answered. So long
 * ago the other one cannot have been alone for aloneMs().
 */
export const partingMs = (deviceTimeoutMs: number): number => oldVoteMs(deviceTimeoutMs) + LONGEST_PAUSE_MS;

/** A node that was frozen still believes to be with the other one; Corosync has noticed by then. */
export const TOGETHER_MS = LONGEST_PAUSE_MS;

export interface QuorumLook {
  readonly atMs: number;
  readonly hasQuorum: boolean;
  /** as Pacemaker has it, and as Corosync has it: after a cut they differ for a moment */
  readonly isOtherOnline: boolean;
  readonly joined: number;
  readonly joins: string;
  readonly deviceTimeoutMs: number;
}

export const remember = (before: Apart | undefined, look: QuorumLook): Apart | undefined => {
  const { hasQuorum, isOtherOnline, joined, joins } = look;
  if (hasQuorum && isOtherOnline && joined > 1) return together(before, look);
  if (before?.mayAct && before.joins === joins) return before;
  if (!hasQuorum || before === undefined || isRowBroken(before, look)) return undefined;
  return isOtherOnline || joined > 1 ? before : alone(before, look);
};

const isRowBroken = ({ lookedMs, togetherSinceMs }: Apart, { atMs, deviceTimeoutMs }: QuorumLook): boolean =>
  togetherSinceMs === undefined
    ? atMs - lookedMs > LONGEST_PAUSE_MS
    : atMs - lookedMs > partingMs(deviceTimeoutMs) || lookedMs - togetherSinceMs < TOGETHER_MS;

const together = (before: Apart | undefined, { atMs, joins }: QuorumLook): Apart => {
  const isRow = before?.joins === joins && atMs - before.lookedMs <= LONGEST_PAUSE_MS;
  return { lookedMs: atMs, joins, togetherSinceMs: (isRow ? before.togetherSinceMs : undefined) ?? atMs };
};

const alone = (before: Apart, { atMs, joins, deviceTimeoutMs }: QuorumLook): Apart => {
  const aloneSinceMs = before.joins === joins ? (before.aloneSinceMs ?? atMs) : atMs;
  const isLongEnough = atMs - aloneSinceMs >= aloneMs(deviceTimeoutMs);
  return { lookedMs: atMs, joins, aloneSinceMs, ...(isLongEnough ? { mayAct: true } : {}) };
};

/** When a node that stays alone with quorum may act; undefined: not before it has been together with the other one again. */
export const actsAloneInMs = (
  apart: Apart | undefined,
  nowMs: number,
  deviceTimeoutMs: number,
): number | undefined => {
  if (apart?.mayAct) return 0;
  const look = { atMs: nowMs, hasQuorum: true, isOtherOnline: false, joined: 1, deviceTimeoutMs };
  const next = apart === undefined ? undefined : remember(apart, { ...look, joins: apart.joins });
  if (next?.aloneSinceMs === undefined) return undefined;
  return Math.max(0, aloneMs(deviceTimeoutMs) - (nowMs - next.aloneSinceMs));
};

/** What this node remembers after this look; what cannot be told is no look. */
const lookedAt = (snapshot: Snapshot, config: PgsqlConfig): Apart | undefined => {
  const { members, cluster, self, memory, names, uptimeMs } = snapshot;
  if (members === undefined || !members.known || !cluster.known) return memory.apart;
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
    deviceTimeoutMs: members.value.deviceTimeoutMs,
  });
};

/** Before each decision: its rules go by `memory.apart`. */
export const watchingQuorum = (snapshot: Snapshot, config: PgsqlConfig): Snapshot => {
  const isAsked = config.quorumDevice === true;
  if (snapshot.isProbe || (!isAsked && snapshot.memory.apart === undefined)) return snapshot;
  const { apart: _, ...memory } = snapshot.memory;
  const apart = isAsked ? lookedAt(snapshot, config) : undefined;
  return { ...snapshot, memory: apart === undefined ? memory : { ...memory, apart } };
};

export interface ApartObjection {
  readonly sentence: string;
  /** if quorum stays */
  readonly passes: boolean;
}

/** Why this node may not act alone. @param apart after this look */
export const objectionToActing = (apart: Apart | undefined, other: string): ApartObjection | undefined => {
  if (apart?.mayAct) return undefined;
  return apart === undefined
    ? {
        sentence: `this node has been without quorum, or nobody has looked, since it last saw ${other}, which may have been the primary meanwhile: start ${other}`,
        passes: false,
      }
    : { sentence: `${other} is gone, and may not yet know that it has no quorum`, passes: true };
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
  return other === undefined ? undefined : objectionToActing(snapshot.memory.apart, other);
};

/** What is decided alone is confirmed alone. @param snapshot after watchingQuorum() */
export const actingAlone = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { cluster, names } = snapshot;
  if (config.quorumDevice !== true || !cluster.known) return decision;
  const facts = clusterFacts(cluster.value, names);
  const other = missingOther(snapshot, config, facts);
  if (other === undefined || !decision.steps.some(({ kind }) => kind === 'confirm')) return decision;
  const objection = objectionToActing(snapshot.memory.apart, other);
  if (objection !== undefined) {
    // Before its confirmation, which fails without the other one, says how many nodes it takes.
    const because = `commits wait: ${objection.sentence}`;
    return { ...decision, reasons: [...decision.reasons, reason('sync.apart', because, 'warn')] };
  }
  return {
    ...decision,
    steps: decision.steps.map((step) => (step.kind === 'confirm' ? { ...step, alone: true } : step)),
  };
};
