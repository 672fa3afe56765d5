import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { QueryFailure } from '../../postgres/failure.ts';
import { parentOf } from '../../postgres/history.ts';
import { formatLsn, type Timeline } from '../../postgres/lsn.ts';
import type { Position } from '../../postgres/position.ts';
import type { PrimaryState, StandbyState } from '../../postgres/server-state.ts';
import { formatSyncNames, type SyncNames } from '../../postgres/sync-names.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import { DataStatus, Score } from '../names.ts';
import { positionOf } from '../position.ts';
import { openedTimeline, type ReplInfo } from '../repl-info.ts';
import { replicationSettings } from '../replication.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { marksProveNothing } from './alone.ts';
import { actingAlone, apartObstacle, watchingQuorum } from './apart.ts';
import { type Candidacy, judgeCandidate } from './candidate.ts';
import { livePrimary, peersOf } from './context.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { comparedWith, type Election, electionOf, primaryAmong, yieldTo } from './election.ts';
import { withLease } from './lease.ts';
import { decidePrimary } from './primary.ts';
import { publishChanged } from './publish.ts';
import { refusalBy } from './refusal.ts';
import { refusalText } from './refusal-text.ts';
import { withWantOfRoom } from './room.ts';
import { isSealed } from './seal.ts';
import { isReceiving } from './standby.ts';
import { decideStart, endOf, refuseIncomplete } from './start.ts';
import { lockBeforePromotion } from './take-lock.ts';
import { isUnconfirmed, UNCONFIRMED } from './unconfirmed.ts';

/**
 * Makes this node the primary. In this order, so that it may be killed between any two steps:
 * check (invariant 3) → record who is promoted from where and that nobody else may take over, confirmed by a majority
 * (invariant 2) → promote → record that it is over, confirmed again (finish() in primary.ts) → publish.
 */
export const decidePromote = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const watching = watchingQuorum(snapshot, config);
  const decision = actingAlone(watching, config, promoteServer(watching, config));
  const { server, memory } = snapshot;
  // Once it is a primary, or becomes one: before that there is nothing that the guard would have to end.
  const isStandby = server.state === 'running' && server.answer.ok && server.answer.value.inRecovery;
  return isStandby && memory.started !== true ? decision : withLease(snapshot, config, decision, 'promote');
};

const promoteServer = (look: Snapshot, config: PgsqlConfig): Decision => {
  if (!look.cluster.known)
    return again(
      reason('promote.cluster-unknown', `the cluster cannot be asked: ${look.cluster.reason}`, 'warn'),
      { memory: look.memory },
    );
  const facts = clusterFacts(look.cluster.value, look.names);
  const snapshot = { ...look, memory: rememberAbsent(look, facts) };
  const { memory, server } = snapshot;
  if (server.state === 'stopped') return promoteStopped(snapshot, config, facts);
  if (!server.answer.ok) {
    const { kind, message } = server.answer.failure;
    const refusal = refusalBy(server);
    if (refusal !== undefined && kind !== 'too-many-clients' && memory.started !== true)
      return refuse(snapshot, facts, refusal);
    return again(
      reason(
        'promote.not-ready',
        `PostgreSQL does not accept connections yet (${kind}): ${message}`,
        'debug',
      ),
      {
        memory,
        waitingFor: 'PostgreSQL to accept connections',
        // Pacemaker starts it again after that, which frees them.
        ...(kind === 'too-many-clients' && memory.started !== true
          ? {
              atMost: { ms: NO_CONNECTION_MS, code: OcfExit.GENERIC, exitReason: `not promoted: ${message}` },
            }
          : {}),
      },
    );
  }
  const state = server.answer.value;
  if (!state.inRecovery) return settleAsPrimary(snapshot, config, facts, state);
  if (memory.started === true)
    return again(reason('promote.in-progress', 'PostgreSQL is being promoted', 'debug'), {
      memory,
      waitingFor: 'the promotion to finish',
    });
  return promoteStandby(snapshot, config, facts, state, server.pid);
};

/** A connection that a client has left is free at once. */
const NO_CONNECTION_MS = 5_000;

/**
 * Nobody could see whether it has come to its end. Another node is to be promoted now: the words come at once, and the score is
 * gone. One that PostgreSQL has been told is not taken back: it may be a primary already.
 */
const refuse = (snapshot: Snapshot, facts: ClusterFacts, failure: QueryFailure): Decision => {
  const { memory, self, names } = snapshot;
  return done(
    OcfExit.GENERIC,
    reason(
      'promote.refuses-agent',
      `not promoted: PostgreSQL refuses the agent: ${failure.message}`,
      'error',
    ),
    {
      memory,
      steps: publishChanged(facts, [
        { node: self, name: names.score, value: Score.never },
        { node: self, name: names.refuses, value: refusalText(failure, facts.refuses(self)) },
      ]),
    },
  );
};

const promoteStandby = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: StandbyState,
  pid: number,
): Decision => {
  const { memory, self } = snapshot;
  const other = livePrimary(facts);
  if (other !== undefined && other !== self && isStillPrimary(snapshot, other))
    return done(
      OcfExit.GENERIC,
      reason('promote.other-primary', `not promoted: ${other} is primary`, 'error'),
      { memory },
    );
  const back = backWithPrimary(snapshot, facts, state);
  if (back !== undefined)
    return done(
      OcfExit.GENERIC,
      reason(
        'promote.other-primary',
        `not promoted: ${back} has come back meanwhile, and there is a primary still`,
        'error',
      ),
      { memory },
    );
  const position = positionOf(state, snapshot.disk);
  if (!position.known)
    return again(reason('promote.no-position', position.reason), {
      memory,
      waitingFor: 'a WAL position of this node',
    });
  if (!snapshot.notes.known)
    return again(
      reason(
        'promote.others-unknown',
        `what the other standbys hold cannot be asked: ${snapshot.notes.reason}`,
        'warn',
      ),
      { memory, waitingFor: 'the positions of the other standbys' },
    );

  const election =
    electionOf(snapshot, facts, position.value, isSealed(state)) ?? unannounced(snapshot, position.value);
  const objector = primaryAmong(election, snapshot);
  if (objector !== undefined)
    return done(
      OcfExit.GENERIC,
      reason('promote.other-primary', `not promoted: ${objector} is primary, and was not demoted`, 'error'),
      { memory },
    );
  const verdict = judgeCandidate({
    self,
    config,
    facts,
    own: election.own,
    others: comparedWith(election, self),
  });
  if (verdict.kind === 'refused')
    return done(OcfExit.GENERIC, reason('promote.refused', verdict.because, 'error'), {
      memory,
      steps: [lower(snapshot, Score.never)],
    });
  if (verdict.kind === 'better')
    return done(OcfExit.GENERIC, reason('promote.better-node', `not promoted: ${verdict.because}`, 'error'), {
      memory,
      steps: [yieldTo(snapshot, self, verdict.node)],
    });

  const unlocked =
    apartBeforePromotion(snapshot, config, facts) ?? lockBeforePromotion(snapshot, config, facts);
  if (unlocked !== undefined) return unlocked;

  if (facts.replInfo?.node === self && continuesTimeline(snapshot, facts, facts.replInfo, state.timeline)) {
    // Invariant 8: only a change of primary opens a new timeline.
    return again(
      reason(
        'promote.same-timeline',
        `${self} is the recorded primary: PostgreSQL restarts on timeline ${state.timeline}`,
      ),
      {
        memory: { ...memory, started: false },
        steps: [{ kind: 'stop', first: 'fast', escalateAfterMs: config.stopEscalateMs }],
        waitingFor: 'PostgreSQL to stop for its restart as primary',
      },
    );
  }
  if (state.replayPaused)
    return again(reason('promote.resume-replay', 'replay is paused; it is resumed for the promotion'), {
      memory,
      steps: [{ kind: 'resumeReplay' }],
    });
  return openTimeline(snapshot, config, facts, position.value, state, pid, verdict);
};

/** Between two looks of a node that waits until it has been alone long enough. */
const LOOK_AGAIN_MS = 250;

/** Two nodes and a quorum device: see apart.ts. */
const apartBeforePromotion = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
): Decision | undefined => {
  const { memory } = snapshot;
  const objection = apartObstacle(snapshot, config, facts);
  if (objection === undefined) return undefined;
  const { sentence, passes } = objection;
  return !passes
    ? done(OcfExit.GENERIC, reason('promote.apart', `not promoted: ${sentence}`, 'error'), {
        memory,
        steps: [lower(snapshot, Score.never)],
      })
    : again(reason('promote.apart-wait', `not promoted yet: ${sentence}`), {
        memory,
        waitingFor: 'the other node to know that it has no quorum',
        pauseMs: LOOK_AGAIN_MS,
      });
};

const openTimeline = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  position: Position,
  /** its timeline is that of the control file: where PostgreSQL begins to look for a number that is free */
  state: StandbyState,
  pid: number,
  verdict: Candidacy,
): Decision => {
  const { self, memory } = snapshot;
  const replInfo: ReplInfo = { node: self, timeline: position.timeline, end: position.lsn };
  const peers = peersOf(config, facts, self);
  // This node is recorded as LATEST by a finished promotion only: that tells one from another that was cut short.
  const dataStatus = disconnected(
    [...new Set([...peers, ...facts.markedSync])].filter((node) => node !== self),
  );
  const confirm: Step = { kind: 'confirm', dataStatus: {}, notSync: Object.keys(dataStatus), replInfo };
  const waitFor = namesAtPromotion(config, peers, state.version);
  const { timeline } = state;
  const reserves = facts.usedTimeline > timeline;
  const why = reason(
    'promote.open-timeline',
    `${verdict.because}; ${handedOver(snapshot, config, facts)}${self} is promoted and leaves timeline ${position.timeline} at ${formatLsn(position.lsn)}${reserves ? `; timelines up to ${facts.usedTimeline} are not opened again, since a primary that was given up may have used them` : ''}`,
  );
  const isHeld = isUnconfirmed(waitFor) && memory.holdsNothing !== true;
  const opening = { ...memory, started: true, opensTimeline: true } as const;
  const steps: readonly Step[] = [
    ...configureOnce(snapshot, config, waitFor, pid),
    // A node that is being cut off must not outrank the others with a promotion that never took place: so first the
    // record, and only what a majority has is given its rank, and confirmed once more. (What it has before: TENTATIVE_RANK.)
    // With a lock, that stands in for the majority; but the lease may be over before PostgreSQL is promoted, and the old
    // primary go on by a lease of its own: so the rank comes with LATEST, when the promotion has come to its end (recordOf).
    ...guarded(snapshot, config),
    { kind: 'record', dataStatus, replInfo, promotion: 'tentative' },
    ...(config.lock === undefined
      ? ([confirm, { kind: 'record', dataStatus, replInfo, promotion: 'final' }, confirm] as const)
      : aloneBefore(config, waitFor)),
    ...(isHeld ? [{ kind: 'awaitNames', names: waitFor, alongside: true } as const] : []),
    // At the last moment: as long as this node is a standby they only stand in its way.
    ...(reserves ? [{ kind: 'reserve', from: timeline + 1, through: facts.usedTimeline } as const] : []),
    { kind: 'promote', pid },
    {
      kind: 'publish',
      changes: peers
        .filter((node) => facts.online(node) && facts.score(node) !== Score.never)
        .map((node) => ({ node, name: snapshot.names.score, value: Score.never })),
    },
    { kind: 'awaitPromoted', alongside: true },
  ];
  // What only commits wait for is done while Pacemaker starts the write VIP: afterPromotion in monitor.ts.
  return isHeld
    ? done(OcfExit.SUCCESS, why, { memory: opening, steps, whenStepFails: 'again' })
    : again(why, { memory: opening, steps, waitingFor: 'the promotion to finish' });
};

/** Nobody else could have logged that: see ENDS_UNHEEDED. */
const handedOver = ({ self, announced }: Snapshot, { repMode }: PgsqlConfig, facts: ClusterFacts): string =>
  repMode === 'sync' && facts.score(self) === Score.successor && announced.demote.length > 0
    ? `${announced.demote.join(', ')} has handed over, so there was no election; `
    : '';

const disconnected = (nodes: readonly string[]): Record<string, string> =>
  Object.fromEntries(nodes.map((node) => [node, DataStatus.disconnect]));

/** Between the answer of the arbiter and the start of a server that nothing guards yet, this node may have been frozen. */
const freshLease = ({ lock }: Snapshot, config: PgsqlConfig): readonly Step[] =>
  lock === undefined || config.lock === undefined ? [] : [{ kind: 'renewLock' }];

/** Invariant 2 with two nodes: commits of a primary that waits for no standby are the arbiter's business. */
const aloneBefore = ({ lock, repMode }: PgsqlConfig, waitFor: SyncNames): readonly Step[] =>
  lock !== undefined && repMode === 'sync' && waitFor.kind === 'none' ? [{ kind: 'goAlone' }] : [];

const guarded = ({ lock }: Snapshot, config: PgsqlConfig): readonly Step[] =>
  lock === undefined || config.lock === undefined
    ? []
    : [{ kind: 'guard', sentAtMs: lock.sentAtMs, isAwaited: true }];

/**
 * The files are left alone once they are right: while the promotion is under way this runs again and again, and to write
 * standby.signal after PostgreSQL has removed it would make a standby of the new primary at its next crash.
 */
const configureOnce = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  names: SyncNames,
  pid: number,
): readonly Step[] => {
  const { syncNames } = snapshot.disk;
  const reload: Step = { kind: 'reload', pid };
  // An operation before may have been killed between the two.
  if (syncNames.known && formatSyncNames(syncNames.value) === formatSyncNames(names))
    return snapshot.memory.holdsNothing === true ? [reload] : [];
  return [
    { kind: 'configure', settings: replicationSettings(config, snapshot.self, names), standby: true },
    reload,
  ];
};

/**
 * A new primary acknowledges no write before decidePrimary has had its record confirmed once more. With a lock nobody else can have been
 * promoted meanwhile.
 */
const namesAtPromotion = (
  config: PgsqlConfig,
  peers: readonly string[],
  { major }: ServerVersion,
): SyncNames => {
  // PostgreSQL 9.6 does not know ANY.
  const any = config.repMode === 'sync' && major >= 10 ? anyOf(config, peers) : ({ kind: 'none' } as const);
  return any.kind === 'any' && config.lock === undefined ? UNCONFIRMED : any;
};

/** Nobody can have been promoted in place of a primary that goes on with nobody marked: its commits wait only if they always do. */
const namesAtRestart = (config: PgsqlConfig, peers: readonly string[]): SyncNames =>
  config.repMode === 'sync' && config.syncDegrade === 'never' ? anyOf(config, peers) : { kind: 'none' };

const anyOf = (config: PgsqlConfig, peers: readonly string[]): SyncNames => {
  const standbys = peers.length > 0 ? peers : config.externalStandbys;
  return standbys.length > 0 ? { kind: 'any', nodes: standbys } : { kind: 'none' };
};

/** The recorded primary starts as one: it waits, from its first commit on, for every node that may take over (invariant 1). */
const promoteStopped = (snapshot: Snapshot, config: PgsqlConfig, facts: ClusterFacts): Decision => {
  const { self, memory, server, disk } = snapshot;
  if (disk.incomplete !== undefined) return refuseIncomplete(snapshot, disk.incomplete);
  if (memory.started === undefined)
    return facts.replInfo?.node === self
      ? startFirst(snapshot, config)
      : done(
          OcfExit.NOT_RUNNING,
          reason('promote.not-running', 'PostgreSQL does not run, so it cannot be promoted', 'error'),
          { memory },
        );
  if (memory.started)
    return done(
      OcfExit.GENERIC,
      reason(
        'promote.ended',
        withWantOfRoom(snapshot, endOf(snapshot, 'PostgreSQL ended while it was promoted')),
        'error',
      ),
      { memory },
    );
  if (server.state === 'stopped' && server.leftovers.length > 0)
    return again(reason('promote.leftovers', 'processes of the stopped server are still there'), {
      memory,
      steps: [{ kind: 'stop', first: 'immediate', escalateAfterMs: 0 }],
    });
  // It may have taken long to stop, and this node may have been frozen meanwhile.
  if (facts.replInfo?.node !== self)
    return done(
      OcfExit.NOT_RUNNING,
      reason(
        'promote.other-recorded',
        `not promoted: ${facts.replInfo?.node ?? 'nobody'} is the recorded primary by now`,
        'error',
      ),
      { memory },
    );
  const unlocked =
    apartBeforePromotion(snapshot, config, facts) ?? lockBeforePromotion(snapshot, config, facts);
  if (unlocked !== undefined) return unlocked;
  const recorded = facts.markedSync.filter((node) => node !== self);
  const isVoid = marksProveNothing(snapshot, config);
  const marked = isVoid ? [] : recorded;
  const waitFor: SyncNames =
    config.repMode === 'sync' && marked.length > 0
      ? { kind: 'all', nodes: marked }
      : namesAtRestart(config, peersOf(config, facts, self));
  return again(
    reason(
      'promote.restart',
      `PostgreSQL starts as primary; commits wait for ${marked.join(', ') || 'no standby'}`,
    ),
    {
      memory: { ...memory, started: true },
      steps: [
        ...(isVoid && recorded.length > 0
          ? [{ kind: 'record', dataStatus: disconnected(recorded) } as const]
          : []),
        ...aloneBefore(config, waitFor),
        { kind: 'configure', settings: replicationSettings(config, self, waitFor), standby: false },
        ...freshLease(snapshot, config),
        { kind: 'start', standby: false },
        ...guarded(snapshot, config),
      ],
      waitingFor: 'PostgreSQL to accept connections as primary',
    },
  );
};

/**
 * A demotion leaves PostgreSQL stopped where Pacemaker has announced to stop it next. When the cluster changes in between,
 * as after a short interruption of the network, that stop is dropped: Pacemaker takes the node for a standby and promotes it.
 */
const startFirst = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const decision = decideStart(snapshot, config);
  if (decision.outcome.kind === 'done' || decision.memory.started !== true) return decision;
  return {
    ...decision,
    reasons: [
      reason(
        'promote.start-first',
        'PostgreSQL does not run, so it is started before it is promoted',
        'warn',
      ),
      ...decision.reasons,
    ],
    memory: { ...decision.memory, started: 'standby' },
  };
};

const settleAsPrimary = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
): Decision => {
  const why = reason('promote.done', `${snapshot.self} is primary on timeline ${state.timeline}`);
  const decision = decidePrimary(snapshot, config, facts, state, [], true);
  return decision.outcome.kind === 'done' && decision.outcome.code === OcfExit.RUNNING_PROMOTED
    ? {
        ...decision,
        reasons: [why, ...decision.reasons],
        outcome: { kind: 'done', code: OcfExit.SUCCESS },
      }
    : decision.outcome.kind === 'again'
      ? { ...decision, outcome: { kind: 'done', code: OcfExit.SUCCESS } }
      : decision;
};

/** Pacemaker promotes while another node still says that it is primary only if it has just demoted that node. */
const isStillPrimary = (snapshot: Snapshot, other: string): boolean => {
  const { promoted, demote, stop } = snapshot.announced;
  return promoted.includes(other) && !demote.includes(other) && !stop.includes(other);
};

/**
 * A node was away when Pacemaker planned this promotion, which is under way for so long (its record did not reach a majority) that
 * the node is here again. Where there is a primary, nobody has demoted it, and commits may never have stopped there: Pacemaker plans
 * anew. Its status may have been lost when the partitions met; that this node receives from it tells, too.
 */
const backWithPrimary = (
  { memory }: Snapshot,
  facts: ClusterFacts,
  state: StandbyState,
): string | undefined => {
  const back = memory.absent?.filter(facts.online) ?? [];
  return back.find((node) => facts.primaries.includes(node)) ?? (isReceiving(state) ? back[0] : undefined);
};

const rememberAbsent = ({ memory, self }: Snapshot, facts: ClusterFacts): Memory => {
  const gone = [...facts.view.nodes.keys()].filter((node) => node !== self && !facts.online(node));
  const absent = [...new Set([...(memory.absent ?? []), ...gone])];
  return absent.length === 0 ? memory : { ...memory, absent };
};

/**
 * Did this node's promotion come to its end? Its timeline is then the child of the recorded one. The WAL directory does
 * not tell: a promotion that was cut short leaves a history and a segment of a timeline that PostgreSQL never went on,
 * and a restart as primary would write the old timeline a second time. The control file has the new one from the record
 * on that ends recovery (CreateEndOfRecoveryRecord).
 *
 * @param timeline of the control file
 */
const continuesTimeline = (
  snapshot: Snapshot,
  facts: ClusterFacts,
  recorded: ReplInfo,
  timeline: Timeline,
): boolean => {
  // Only a finished promotion says LATEST, and that of another node takes it away. Without that this may be a record that never
  // came to be true: of a promotion here that was not confirmed, while another node's has opened the timeline that this one follows.
  if (facts.dataStatus(snapshot.self) !== DataStatus.latest) return false;
  if (recorded.timeline === 0) return timeline === 1;
  if (timeline < openedTimeline(recorded)) return false;
  const { ownHistory } = snapshot.disk;
  return ownHistory.known && parentOf(ownHistory.value)?.timeline === recorded.timeline;
};

/** Promoted by hand or by a clone without notifications: there is nothing to compare with. */
const unannounced = (snapshot: Snapshot, position: Position): Pick<Election, 'own' | 'notes'> => ({
  own: { round: `${snapshot.self}@unannounced`, position },
  notes: new Map(),
});

const lower = ({ self, names }: Snapshot, value: string): Step => ({
  kind: 'publish',
  changes: [{ node: self, name: names.score, value }],
});
