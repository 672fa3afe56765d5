import { formatLsn16 } from '../../postgres/lsn.ts';
import type { StandbyState } from '../../postgres/server-state.ts';
import { factOr } from '../../system/fact.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { type ElectionNote, formatElectionNote, monitorRound } from '../election-note.ts';
import type { Memory } from '../memory.ts';
import { statusOfStandby } from '../names.ts';
import { positionOf, replayedPosition } from '../position.ts';
import { slotName } from '../replication.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication, Step } from '../steps.ts';
import { livePrimary } from './context.ts';
import { type Reason, reason } from './decision.ts';
import { electWithoutPrimary } from './first-election.ts';
import { type JoinVerdict, judgeRunning } from './join.ts';
import { endOwnStream } from './own-stream.ts';
import { publishChanged } from './publish.ts';
import { isSealed, planToUnseal } from './seal.ts';

/** A standby's bookkeeping: what it publishes about itself, and the slots it no longer needs. */
export interface StandbyPlan {
  readonly reasons: readonly Reason[];
  readonly steps: readonly Step[];
  readonly memory: Memory;
}

export const isReceiving = (server: StandbyState): boolean => server.receiver?.status === 'streaming';

/** Is this running standby on the primary's history? Asked only while it does not receive: one that streams fits. */
export const judgeStandby = (snapshot: Snapshot, facts: ClusterFacts, server: StandbyState): JoinVerdict => {
  if (isReceiving(server)) return { kind: 'fits' };
  // REPL_INFO is final once the promoted node says that it is primary.
  const primary = livePrimary(facts);
  if (primary === undefined || primary === snapshot.self || primary !== facts.replInfo?.node)
    return { kind: 'unknown', why: 'no primary to compare with' };
  const position = replayedPosition(server, snapshot.disk);
  if (!position.known) return { kind: 'unknown', why: position.reason };
  return judgeRunning(server.systemIdentifier, position.value, snapshot.disk, snapshot.primaryHistory, facts);
};

export const planStandby = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  server: StandbyState,
): StandbyPlan => {
  const { self, names } = snapshot;
  const plan = planFollowing(snapshot, config, facts, server);
  const lets = publishChanged(facts, [{ node: self, name: names.refuses, value: undefined }]);
  return lets.length > 0 ? { ...plan, steps: [...lets, ...plan.steps] } : plan;
};

const planFollowing = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  server: StandbyState,
): StandbyPlan => {
  const { self, names } = snapshot;
  const ownStream = endOwnStream(server, self, facts);
  if (ownStream !== undefined)
    return {
      reasons: [
        reason(
          'standby.follows-itself',
          `${self} streams from itself, since it has the address of the primary: the connection is ended`,
          'warn',
        ),
      ],
      steps: [ownStream],
      // What it has said of the primary's end is this node's own.
      memory: snapshot.memory,
    };
  const receiving = isReceiving(server);
  const primary = livePrimary(facts);
  const status = statusOfStandby(facts.dataStatus(self), receiving && primary !== undefined);
  const wanted: Publication[] = [{ node: self, name: names.status, value: status }];
  if (config.checkWalReceiver)
    wanted.push({ node: self, name: names.receiverStatus, value: receiving ? 'normal' : 'ERROR' });
  const dropSlots = leftoverSlots(config, server);
  const slotSteps: Step[] = dropSlots.length > 0 ? [{ kind: 'dropSlots', names: dropSlots }] : [];
  const remembered = rememberPrimaryEnd(snapshot.memory, server);
  if (primary !== undefined && primary !== self) {
    wanted.push({ node: self, name: names.xlogLoc, value: undefined });
    const count = receiving ? 0 : remembered.withoutPrimary.count + 1;
    const unsealing = planToUnseal(snapshot, config, facts, server);
    return {
      reasons: [
        ...(unsealing?.reasons ?? []),
        receiving
          ? reason('standby.follows', `standby of ${primary}, ${status}`, 'debug')
          : reason(
              'standby.not-receiving',
              `standby of ${primary}, but it does not receive WAL (${status})`,
              'warn',
            ),
      ],
      steps: [
        ...publishChanged(facts, receiving || count >= lastingWithPrimary(config) ? wanted : []),
        ...(receiving ? forgiveRefusals(snapshot, config, facts) : []),
        ...slotSteps,
        ...(unsealing?.steps ?? []),
      ],
      memory: { ...remembered, withoutPrimary: { count, seen: '' } },
    };
  }
  if (receiving)
    return {
      reasons: [
        reason(
          'standby.cascades',
          'no primary; receiving from another standby, as while the primary restarts',
          'debug',
        ),
      ],
      steps: slotSteps,
      memory: remembered,
    };
  const position = positionOf(server, snapshot.disk);
  if (!position.known)
    return {
      reasons: [reason('standby.no-position', `no primary, and ${position.reason}`)],
      steps: [...publishChanged(facts, wanted), ...slotSteps],
      memory: remembered,
    };
  const published = factOr(snapshot.notes, new Map<string, string>()).get(self);
  const own: ElectionNote = {
    round: monitorRound(published, facts.replInfoText),
    position: position.value,
    ...(remembered.primaryEnd === undefined ? {} : { primaryEnd: remembered.primaryEnd }),
    ...(isSealed(server) ? { isSealed: true } : {}),
  };
  const note = formatElectionNote(own);
  wanted.push({ node: self, name: names.xlogLoc, value: formatLsn16(position.value.lsn) });
  const election = electWithoutPrimary(snapshot, config, facts, own, remembered);
  return {
    reasons: election.reasons,
    steps: [
      // Not over a note that cannot be seen: it may be the one that a promotion counts on.
      ...(snapshot.notes.known && published !== note ? [{ kind: 'announce', note } as const] : []),
      ...publishChanged(facts, [
        ...(isPassing(snapshot, facts, election.memory) ? [] : wanted),
        ...election.scores,
      ]),
      ...slotSteps,
    ],
    memory: election.memory,
  };
};

/** So many observations, one by each monitor, are no passing state any more. */
const LASTING = 2;

/**
 * A primary that does not reach the arbiter is ended, and started as a standby, before its standby may take over, with two
 * questions that nobody answers in between: to plan that anew would stop the standby, too, and take its score.
 */
const lastingWithPrimary = ({ lock }: PgsqlConfig): number => (lock === undefined ? LASTING : 2 * LASTING);

/**
 * With two nodes each cut has the standby refused as a successor, which Pacemaker counts as failures of it: after
 * `migration-threshold` cuts it would be stopped for good, although all is well.
 */
const forgiveRefusals = ({ self, names }: Snapshot, config: PgsqlConfig, facts: ClusterFacts): Step[] =>
  config.lock === undefined && config.quorumDevice !== true
    ? []
    : publishChanged(
        facts,
        names.failedPromotions.map((name) => ({ node: self, name, value: undefined })),
      );

/**
 * A failover passes by itself, and each write to the CIB in the middle of it makes Pacemaker plan it anew: that the
 * primary is away is published only when it lasts. A cluster that never had a primary shows its positions at once.
 */
const isPassing = (snapshot: Snapshot, facts: ClusterFacts, memory: Memory): boolean =>
  facts.replInfo !== undefined &&
  (memory.withoutPrimary.count < LASTING || snapshot.announced.promote.length > 0);

/** Slots of the time when this node was the primary hold WAL for ever (Patroni #3184). Those in use stay. */
const leftoverSlots = (config: PgsqlConfig, server: StandbyState): string[] => {
  if (config.slotPrefix === '') return [];
  const ours = new Set(config.nodeList.map((node) => slotName(config.slotPrefix, node)));
  return server.slots
    .filter((s) => s.type === 'physical' && !s.active && ours.has(s.name))
    .map((s) => s.name);
};

/** What the primary says now counts, also when it is less: one that took over may have begun before the lost one's end. */
const rememberPrimaryEnd = (memory: Memory, server: StandbyState): Memory => {
  const end = isReceiving(server) ? server.receiver?.latestEndLsn : undefined;
  return end === undefined || memory.primaryEnd === end ? memory : { ...memory, primaryEnd: end };
};
