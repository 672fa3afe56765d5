import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { parentOf } from '../../postgres/history.ts';
import { formatLsn16, type Timeline } from '../../postgres/lsn.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import { factOr } from '../../system/fact.ts';
import { type ClusterFacts, changedOnly } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { DataStatus, Score } from '../names.ts';
import { formatReplInfo, openedTimeline, type ReplInfo } from '../repl-info.ts';
import { replicationSettings } from '../replication.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication, Step, StepOf } from '../steps.ts';
import { again, type Decision, done, type Reason, reason } from './decision.ts';
import { planHandOver } from './hand-over.ts';
import { publish } from './publish.ts';
import { planSlots } from './slots.ts';
import { dataStatusOf, isStreaming, type Standby } from './standby-view.ts';
import type { SyncPlan } from './sync-plan.ts';
import { isUnconfirmed } from './unconfirmed.ts';
import { namesTwice, planWaiting, standbysOf } from './waiting.ts';

/** For so long a monitor tries to finish a promotion: commits wait, and a peer that is lost is waited for twice (ANSWER_MS in confirm.ts). */
const FINISH_MS = 4_000;
/** How long a monitor follows a change of the synchronous standby before it leaves the rest to the next one. */
const SETTLE_MS = 1500;

/**
 * A primary's bookkeeping: what it publishes about itself, who may take over, and for whom commits wait. Nothing that
 * is wrong with a standby or with the cluster makes it fail (invariant 7).
 *
 * Where clients wait, what it says of itself comes last: there is no hurry, and Pacemaker plans anew for each word of it.
 *
 * @param leaving nodes whose standby is about to be stopped
 * @param endsPromotion what the primary says of itself is left to what follows (afterPromotion in monitor.ts); a switch that was asked for before is withdrawn,
 * since it would come unasked now
 */
export const decidePrimary = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  leaving: readonly string[],
  endsPromotion = false,
): Decision => {
  const superseded = supersededBy(
    snapshot.self,
    facts,
    state.timeline,
    ownPromotion(snapshot, config, state),
  );
  if (superseded !== undefined) return standDown(snapshot, facts, superseded);

  const standbys = standbysOf(snapshot, config, facts, state, leaving).map((standby) =>
    endsPromotion ? { ...standby, isSuccessor: false } : standby,
  );
  const plan = planWaiting(snapshot, config, state, standbys);
  const handOver = planHandOver(snapshot, config, facts, state, standbys, plan);
  const slots = planSlots(config, snapshot.self, state);
  const scores = wantedScores(snapshot, config, standbys, plan, handOver.successor);
  const own = ownPublications(snapshot, config, facts, state);
  const never = scores.filter((s) => s.value === Score.never);
  const finishes = config.repMode === 'sync' && isUnfinished(snapshot, state);
  const finishesAfterwards = finishes && !endsPromotion;
  const isWaitedFor = finishes || endsPromotion;
  const lowered = changedOnly(facts, isWaitedFor ? never : [...own, ...never]);
  // Only after the record: standbys take REPL_INFO for final once its node says that it is primary.
  const primary = { node: snapshot.self, name: snapshot.names.status, value: 'PRI' };
  const status = isWaitedFor ? [] : changedOnly(facts, [primary]);
  const later = finishesAfterwards ? changedOnly(facts, [...own, primary]) : [];
  const raised = changedOnly(
    facts,
    scores.filter((s) => s.value !== Score.never),
  );

  const record = recordOf(snapshot, config, facts, state, standbys, plan);
  const release = plan.steps.find((step): step is StepOf<'confirm'> => step.kind === 'confirm');
  const confirm = release === undefined ? [] : [asThisPrimary(release, snapshot, facts, state)];

  const steps: Step[] = [
    ...dropStandbySignal(snapshot, config, state),
    ...publish(lowered),
    // With a lock nobody else can have been promoted: that stands in for the majority, and recordOf() gives the rank.
    ...(finishes && config.lock === undefined
      ? finish(record, confirm, snapshot, facts, state)
      : [...record, ...publish(status), ...(finishes ? confirm : [])]),
    ...plan.steps
      .filter((step) => step.kind !== 'record' && !(finishes && step.kind === 'confirm'))
      .map((step) => (step.kind === 'confirm' ? asThisPrimary(step, snapshot, facts, state) : step)),
    ...publish(later),
    // Before the score: Pacemaker acts on that at once, and ends this very monitor.
    ...publish(changedOnly(facts, handOver.withdrawn)),
    ...publish(raised),
    ...slots.steps,
  ];
  const [first, ...rest] = [
    ...(finishesAfterwards ? [confirmedFirst(snapshot, state)] : []),
    ...handOver.reasons,
    ...plan.reasons,
    ...slots.reasons,
    ...commitSetting(config, state),
    ...namesTwice(standbys),
  ];
  const why = first ?? reason('primary.steady', 'primary', 'debug');
  // One that goes on where it was is primary whatever a majority says of its standbys: their release can wait.
  // And without quorum no try succeeds, while Pacemaker waits for this monitor to demote this node.
  const isTried = finishes && (endsPromotion || facts.view.haveQuorum);
  const whenStepFails = isTried ? 'finish-once-confirmed' : 'finish';
  const parts = { memory: handOver.memory, steps, also: rest, whenStepFails } as const;
  return plan.again === undefined
    ? done(OcfExit.RUNNING_PROMOTED, why, { ...parts, ...(isTried ? { retryMs: FINISH_MS } : {}) })
    : again(why, {
        ...parts,
        waitingFor: plan.again,
        atMost: { ms: isTried ? FINISH_MS : SETTLE_MS, code: OcfExit.RUNNING_PROMOTED },
      });
};

/** A server that was killed, or whose agent was, before it has read its settings is none that has finished. */
export const isUnfinished = ({ disk, memory }: Snapshot, { settings }: PrimaryState): boolean =>
  isUnconfirmed(settings.synchronousStandbyNames) ||
  (disk.syncNames.known && isUnconfirmed(disk.syncNames.value)) ||
  memory.opensTimeline === true;

const confirmedFirst = ({ self }: Snapshot, { timeline }: PrimaryState): Reason =>
  reason(
    'primary.promoted',
    `${self} is primary on timeline ${timeline}; before commits go on, a majority of the nodes must have that on record`,
  );

export const standDown = ({ memory }: Snapshot, facts: ClusterFacts, superseded: string): Decision =>
  done(
    OcfExit.FAILED_PROMOTED,
    reason(
      'primary.superseded',
      `${superseded} has been promoted and is primary (REPL_INFO ${facts.replInfoText}): PostgreSQL is stopped here, so that only one accepts writes`,
      'error',
    ),
    { memory, steps: [{ kind: 'stop', first: 'immediate', escalateAfterMs: 0 }] },
  );

/**
 * REPL_INFO names another node, which was elected by a majority while this one was away: it says that it is primary, or
 * the record says that it became one (LATEST, which only a finished promotion writes). The latter also holds when that
 * node has died since, or when its status has not arrived yet: were this node to claim the cluster back then, every
 * write of that primary would be lost. A promotion of this node's own that came later than the recorded one (a CIB was
 * restored from a backup) is no reason to stop, if the record can be read so far and the recorded node is not there, or says
 * that it is no primary: else it has claimed the cluster while this node was being promoted, and may have been acknowledging since.
 * (At first a new primary says what it was before; its promotion is the later one, then.)
 *
 * Who has left a later timeline than this server's was promoted when another had been primary since, whatever has become of that
 * promotion: this node may claim back no more than what its own successor has not finished.
 *
 * @param timeline this server's; undefined where that is not known
 * @param own undefined where it is not known when this node was promoted, or it may not be over yet
 */
export const supersededBy = (
  self: string,
  facts: ClusterFacts,
  timeline: Timeline | undefined,
  own: OwnPromotion | undefined,
): string | undefined => {
  const recorded = facts.replInfo;
  if (recorded === undefined || recorded.node === self || !facts.view.haveQuorum) return undefined;
  if (facts.primaries.includes(recorded.node)) return recorded.node;
  if (timeline !== undefined && recorded.timeline > timeline) return recorded.node;
  const isLater =
    own !== undefined &&
    facts.unreadable === undefined &&
    own.timeline > facts.usedTimeline &&
    own.from > recorded.timeline;
  const isGone = !facts.online(recorded.node) || /^(HS:|STOP$)/.test(facts.status(recorded.node) ?? '');
  return facts.dataStatus(recorded.node) === DataStatus.latest && !(isLater && isGone)
    ? recorded.node
    : undefined;
};

interface OwnPromotion {
  readonly timeline: Timeline;
  /** the timeline before it; where that is not known, `timeline` */
  readonly from: Timeline;
}

/**
 * As long as a promotion is not over, the old primary may claim the record, acknowledge by that, and be stopped, before this node sees
 * anything of it: then the record names it again, and is none of before. Who waits for any standby (with a lock, or by an older agent) may
 * have been cut short in that.
 */
const ownPromotion = (
  snapshot: Snapshot,
  { syncDegrade }: PgsqlConfig,
  state: PrimaryState,
): OwnPromotion | undefined => {
  const { timeline, settings } = state;
  const names = settings.synchronousStandbyNames;
  const waitsForAny = names?.kind === 'any' && syncDegrade !== 'never';
  if (isUnfinished(snapshot, state) || waitsForAny) return undefined;
  return { timeline, from: ownReplInfo(snapshot, state)?.timeline ?? timeline };
};

/**
 * Invariant 2: a release counts only while the same majority still has this node as the primary. Another node that is
 * being promoted right now has the same standbys confirmed, for itself: of the two writes one is the later.
 */
const asThisPrimary = (
  step: StepOf<'confirm'>,
  snapshot: Snapshot,
  facts: ClusterFacts,
  state: PrimaryState,
): StepOf<'confirm'> => {
  const info = ownReplInfo(snapshot, state) ?? facts.replInfo;
  if (info?.node !== snapshot.self) return step;
  return { ...step, replInfo: info, dataStatus: { ...step.dataStatus, [snapshot.self]: DataStatus.latest } };
};

/**
 * From here on this node may acknowledge, so nobody may claim the record by a view of before. A majority has that it is primary, so that
 * an old one that comes back stops; then that is given its rank, which a node that is being cut off must not give itself (seed 99018552
 * of the simulator: in one record with LATEST it did); and a claim that came in between is seen.
 */
const finish = (
  record: readonly Step[],
  [release]: readonly StepOf<'confirm'>[],
  snapshot: Snapshot,
  facts: ClusterFacts,
  state: PrimaryState,
): Step[] => {
  const nothing = { kind: 'confirm', dataStatus: {}, notSync: [] } as const;
  const confirm = release ?? asThisPrimary(nothing, snapshot, facts, state);
  return [
    ...record,
    confirm,
    { kind: 'record', dataStatus: { [snapshot.self]: DataStatus.latest }, promotion: 'finished' },
    confirm,
  ];
};

/** PostgreSQL removes the signal when it is promoted. One that is there again would make a standby of it at the next crash. */
const dropStandbySignal = (snapshot: Snapshot, config: PgsqlConfig, state: PrimaryState): Step[] => {
  if (!snapshot.disk.standbySignal) return [];
  const names = factOr(
    snapshot.disk.syncNames,
    state.settings.synchronousStandbyNames ?? ({ kind: 'none' } as const),
  );
  return [{ kind: 'configure', settings: replicationSettings(config, snapshot.self, names), standby: false }];
};

const ownPublications = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
): Publication[] => {
  const { self, names } = snapshot;
  const info = ownReplInfo(snapshot, state) ?? facts.replInfo;
  const own: Publication[] = [
    { node: self, name: names.score, value: Score.primary },
    { node: self, name: names.xlogLoc, value: undefined },
    { node: self, name: names.refuses, value: undefined },
  ];
  if (info !== undefined) own.push({ node: self, name: names.baseline, value: formatLsn16(info.end) });
  if (config.checkWalReceiver) own.push({ node: self, name: names.receiverStatus, value: 'normal (master)' });
  return own;
};

/** Who was promoted from where, as this primary's own timeline history has it. */
const ownReplInfo = (snapshot: Snapshot, state: PrimaryState): ReplInfo | undefined => {
  if (state.timeline === 1) return { node: snapshot.self, timeline: 0, end: 0n as ReplInfo['end'] };
  const history = snapshot.disk.ownHistory;
  const parent = history.known ? parentOf(history.value) : undefined;
  return parent === undefined
    ? undefined
    : { node: snapshot.self, timeline: parent.timeline, end: parent.end };
};

const recordOf = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  standbys: readonly Standby[],
  plan: SyncPlan,
): StepOf<'record'>[] => {
  const planned =
    plan.steps.find((step): step is StepOf<'record'> => step.kind === 'record')?.dataStatus ?? {};
  // With rep_mode=async nobody is waited for, so that a mark of another time proves nothing.
  const keepsMarks = config.repMode === 'sync';
  const seen = standbys
    .filter((s) => s.inCluster && !(keepsMarks && facts.markedSync.includes(s.name)))
    .map((s): [string, string] => [s.name, dataStatusOf(s, [], plan.waitedFor)]);
  const wanted = { ...Object.fromEntries(seen), [snapshot.self]: DataStatus.latest, ...planned };
  const changed = Object.entries(wanted).filter(([node, value]) => facts.dataStatus(node) !== value);
  const info = ownReplInfo(snapshot, state);
  const infoChanged = info !== undefined && formatReplInfo(info) !== facts.replInfoText;
  // Without quorum this node sees the other's record and is not stopped for it here: it claims nothing by what it sees alone.
  if (
    infoChanged &&
    !facts.view.haveQuorum &&
    facts.replInfo !== undefined &&
    facts.replInfo.node !== snapshot.self
  )
    return [];
  const used = info === undefined ? facts.usedTimeline : usedBeside(info, state.timeline, facts.usedTimeline);
  // What cannot be read is put right by the primary, which knows its own history.
  const usedChanged = used !== facts.usedTimeline || (info !== undefined && facts.unreadable !== undefined);
  if (changed.length === 0 && !infoChanged && !usedChanged) return [];
  // With a lock a promotion has no rank before its end, whatever operation gets to see that.
  const isRanked =
    config.lock !== undefined &&
    facts.replInfo?.node === snapshot.self &&
    changed.some(([node]) => node === snapshot.self);
  return [
    {
      kind: 'record',
      dataStatus: Object.fromEntries(changed),
      ...(infoChanged && info !== undefined ? { replInfo: info } : {}),
      ...(isRanked ? { promotion: 'finished' as const } : {}),
      ...(usedChanged ? { usedTimeline: used } : {}),
    },
  ];
};

/**
 * The record tells this primary's timeline (openedTimeline): one that was given up and has come back before another was
 * promoted is not lost, and one that PostgreSQL has numbered higher, since its archive had the next one, says so.
 */
const usedBeside = (own: ReplInfo, timeline: Timeline, used: Timeline): Timeline => {
  if (openedTimeline({ ...own, usedTimeline: used }) === timeline) return used;
  return openedTimeline(own) === timeline ? 0 : timeline - 1;
};

/** A commit that does not wait for the standby's disk is none that rep_mode=sync can keep. */
const commitSetting = (config: PgsqlConfig, state: PrimaryState): Reason[] => {
  const value = state.settings.synchronousCommit ?? 'on';
  if (config.repMode !== 'sync' || value === 'on' || value === 'remote_apply') return [];
  return [
    reason(
      'sync.commit-setting',
      `synchronous_commit is ${value}: acknowledged writes can be lost in a failover; set it to on in postgresql.conf`,
      'warn',
    ),
  ];
};

/** With rep_mode=sync only marked nodes may take over; else those that stream, in the order of node_list. None that could not be promoted. */
const wantedScores = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  standbys: readonly Standby[],
  plan: SyncPlan,
  successor: string | undefined,
): Publication[] => {
  const members = standbys.filter((s) => s.inCluster);
  const fit = members.filter((s) => !s.refusesAgent);
  const eligible =
    config.repMode === 'sync'
      ? fit.filter((s) => plan.marked.includes(s.name))
      : fit.filter((s) => isStreaming(s));
  return members.map((s) => {
    const rank = eligible.indexOf(s);
    if (rank >= 0 && s.name === successor)
      return { node: s.name, name: snapshot.names.score, value: Score.successor };
    const value = rank < 0 ? Score.never : String(Score.candidate - rank);
    return { node: s.name, name: snapshot.names.score, value };
  });
};
