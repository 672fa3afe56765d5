import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { NotifyContext } from '../../pacemaker/notify.ts';
import { formatLsn } from '../../postgres/lsn.ts';
import type { Position } from '../../postgres/position.ts';
import type { PrimaryState, StandbyState } from '../../postgres/server-state.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { electionRound, formatElectionNote } from '../election-note.ts';
import { DataStatus, Score } from '../names.ts';
import { positionOf } from '../position.ts';
import { openedTimeline } from '../repl-info.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { isUnheeded } from '../unheeded.ts';
import { actingAlone, watchingQuorum } from './apart.ts';
import type { Better } from './candidate.ts';
import { isLeaving } from './context.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { electionOf, judgeElection, passedOverFor, primaryAmong, yieldTo } from './election.ts';
import { decidePrimary } from './primary.ts';
import { runsAsPrimary } from './refusal.ts';
import { canBeSealed, isSealed, sealSteps, sealsBeforePromotion } from './seal.ts';

/**
 * How long the candidate waits for the positions of the others. It takes 0.1 s side by side, and more on a busy machine:
 * a better node that is seen too late costs a failed promotion, and that a restart of the candidate.
 */
const ELECTION_MS = 1_000;

/** Between two looks: asking alone takes as long. */
const NOTES_MS = 20;

/** PostgreSQL ends its WAL receiver within some milliseconds. A candidate that cannot get rid of it is promoted itself. */
const SEALING_MS = 1_000;

/**
 * Does a notification concern this node at all? Told from Pacemaker's announcement alone: most do not, and one failover
 * sends a dozen of them.
 */
export const concerns = (notify: NotifyContext | undefined, self: string): boolean => {
  if (notify === undefined || isUnheeded(notify)) return false;
  if (notify.operation === 'promote') return !isLeaving(notify, self);
  const wasPrimary =
    notify.promoted.includes(self) && !notify.demote.includes(self) && !notify.stop.includes(self);
  return wasPrimary;
};

/** Pacemaker ignores what a notification returns; what counts is what is done in it. */
export const decideNotify = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const watching = watchingQuorum(snapshot, config);
  return actingAlone(watching, config, notifyServer(watching, config));
};

const notifyServer = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { memory, notify, server } = snapshot;
  if (notify === undefined || !snapshot.cluster.known || server.state === 'stopped')
    return done(OcfExit.SUCCESS, reason('notify.nothing', 'nothing to do', 'debug'), { memory });
  const facts = clusterFacts(snapshot.cluster.value, snapshot.names);
  if (!server.answer.ok) return notifySilent(snapshot, facts, notify);
  const state = server.answer.value;
  if (!state.inRecovery) return notifyPrimary(snapshot, config, facts, state, notify);
  return notify.operation === 'promote' && notify.type === 'pre'
    ? beforePromotion(snapshot, config, facts, state)
    : done(OcfExit.SUCCESS, reason('notify.nothing', 'nothing to do', 'debug'), { memory });
};

/**
 * A server that runs and cannot be asked, as with `too many clients`, is a primary by what monitors go by (monitorSilent),
 * and by the record, which alone knows a position of it.
 */
const notifySilent = (snapshot: Snapshot, facts: ClusterFacts, notify: NotifyContext): Decision => {
  const { memory, self } = snapshot;
  const recorded = facts.replInfo;
  if (
    notify.operation !== 'promote' ||
    !concerns(notify, self) ||
    recorded?.node !== self ||
    !runsAsPrimary(snapshot)
  )
    return done(OcfExit.SUCCESS, reason('notify.nothing', 'nothing to do', 'debug'), { memory });
  return object(snapshot, facts, { timeline: openedTimeline(recorded), lsn: recorded.end });
};

/** The primary replaces a synchronous standby before it is stopped, and takes notice of one that came or went at once. */
const notifyPrimary = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  notify: NotifyContext,
): Decision => {
  const { memory, self } = snapshot;
  if (!concerns(notify, self) || facts.replInfo?.node !== self)
    return done(OcfExit.SUCCESS, reason('notify.nothing', 'nothing to do', 'debug'), { memory });
  if (notify.operation === 'promote')
    return object(snapshot, facts, { timeline: state.timeline, lsn: state.walInsert });
  const leaving = notify.operation === 'stop' ? notify.stop : [];
  const decision = decidePrimary(snapshot, config, facts, state, leaving);
  return decision.outcome.kind === 'done'
    ? { ...decision, outcome: { ...decision.outcome, code: OcfExit.SUCCESS } }
    : decision;
};

/**
 * Never two primaries: another node is to be promoted, and Pacemaker does not demote this one first. It takes this one for a
 * standby: after `reload-agent`, whose success it records as a start, until it has the result of the next monitor. So this
 * node says in the election what it is, and the candidate leaves it at that.
 */
const object = (snapshot: Snapshot, facts: ClusterFacts, position: Position): Decision => {
  const { memory, self, announced } = snapshot;
  const candidate = announced.promote[0];
  const isMine = candidate === undefined || candidate === self;
  if (isMine || announced.demote.includes(self) || announced.stop.includes(self))
    return done(OcfExit.SUCCESS, reason('notify.nothing', 'nothing to do', 'debug'), { memory });
  const note = formatElectionNote({
    round: electionRound(candidate, facts.replInfoText),
    position,
    isPrimary: true,
  });
  return done(
    OcfExit.SUCCESS,
    reason(
      'election.primary-objects',
      `${candidate} is to be promoted, but ${self} is primary, and Pacemaker does not demote it: ${candidate} is told so`,
      'warn',
    ),
    { memory, steps: [{ kind: 'announce', note }] },
  );
};

/**
 * The election: every standby publishes its position for this promotion and stops receiving from the lost primary. Who
 * sees the notes of all compares; if another node holds more than the candidate, the scores are changed now, so
 * that Pacemaker promotes the other without a failed promotion.
 *
 * Pacemaker runs these notifications side by side, or one after the other when it is busy. So the candidate waits for
 * the others, but not long: where it came first, the last one compares, unless the candidate is a marked one, which alone can
 * make way.
 */
const beforePromotion = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: StandbyState,
): Decision => {
  const { memory, self } = snapshot;
  const position = positionOf(state, snapshot.disk);
  if (!position.known)
    return done(OcfExit.SUCCESS, reason('election.no-position', position.reason, 'warn'), { memory });
  const election = electionOf(snapshot, facts, position.value, isSealed(state));
  if (election === undefined)
    return done(OcfExit.SUCCESS, reason('notify.nothing', 'no promotion is announced', 'debug'), { memory });
  const { candidate } = election;
  const steps: Step[] = [];
  // What the lost primary still sends would only lead this node away from the next one.
  if (snapshot.round === 0 && state.receiver !== undefined && candidate !== facts.replInfo?.node)
    steps.push({ kind: 'endReceiver', pid: state.receiver.pid });
  const sealing = sealFirst(snapshot, config, facts, state, candidate, steps);
  if (sealing !== undefined) return sealing;
  const note = formatElectionNote(election.own);
  if (!snapshot.notes.known || snapshot.notes.value.get(self) !== note)
    steps.unshift({ kind: 'announce', note });

  const missing = election.expected.filter((node) => !election.notes.has(node));
  const holds = `${self} holds timeline ${position.value.timeline}, ${formatLsn(position.value.lsn)}`;
  if (missing.length > 0) {
    const why = reason('election.publish', `${candidate} is to be promoted; ${holds}`);
    return candidate === self && !isHandedOver(snapshot, config, facts, candidate)
      ? again(why, {
          memory,
          steps,
          waitingFor: `the positions of ${missing.join(', ')}`,
          looksAt: 'election',
          pauseMs: NOTES_MS,
          atMost: { ms: ELECTION_MS, code: OcfExit.SUCCESS },
        })
      : done(OcfExit.SUCCESS, why, { memory, steps });
  }
  const objector = primaryAmong(election, snapshot);
  if (candidate === self && objector === undefined) {
    const way = makeWay(snapshot, config, state, passedOverFor(election, config, facts), steps);
    if (way !== undefined) return way;
  }
  const verdict = objector === undefined ? judgeElection(election, config, facts) : undefined;
  if (verdict?.kind === 'better')
    return done(
      OcfExit.SUCCESS,
      reason(
        'election.better-node',
        `${verdict.because}: ${verdict.node} is to be promoted instead of ${candidate}`,
      ),
      { memory, steps: [...steps, yieldTo(snapshot, candidate, verdict.node)] },
    );
  return done(OcfExit.SUCCESS, reason('election.all-seen', `${candidate} is to be promoted; ${holds}`), {
    memory,
    steps,
  });
};

/**
 * Where the lost primary may run on, it may have sent this node one write more than the candidate, and may send another: what this
 * node holds is told when it is final, and counts then. One whose WAL receiver does not end (its disk hangs) tells nothing.
 */
const sealFirst = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: StandbyState,
  candidate: string,
  steps: readonly Step[],
): Decision | undefined => {
  const { memory, self, server } = snapshot;
  if (server.state !== 'running' || isSealed(state)) return undefined;
  if (!sealsBeforePromotion(snapshot, facts, state, candidate)) return undefined;
  return again(
    reason(
      'election.seal-first',
      `${candidate} is to be promoted, and the lost primary may run on: ${self} tells what it holds when it receives nothing any more`,
    ),
    {
      memory,
      steps: [...steps, ...sealSteps(snapshot, config, state, server.pid)],
      waitingFor: 'the WAL receiver to end',
      looksAt: 'election',
      pauseMs: NOTES_MS,
      atMost: { ms: SEALING_MS, code: OcfExit.SUCCESS },
    },
  );
};

/** A marked candidate makes way for a standby that holds more when nothing can be acknowledged by it any more: see seal.ts. */
const makeWay = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  state: StandbyState,
  better: Better | undefined,
  steps: readonly Step[],
): Decision | undefined => {
  const { memory, self } = snapshot;
  if (better === undefined || snapshot.server.state !== 'running' || !canBeSealed(state)) return undefined;
  if (isSealed(state))
    return done(
      OcfExit.SUCCESS,
      reason(
        'election.better-node',
        `${better.because}: ${better.node} is to be promoted instead of ${self}, which receives nothing more until then`,
      ),
      { memory, steps: [...steps, yieldTo(snapshot, self, better.node)] },
    );
  return again(
    reason('election.seal', `${better.because}: ${self} makes way when it receives nothing any more`),
    {
      memory,
      steps: [...steps, ...sealSteps(snapshot, config, state, snapshot.server.pid)],
      waitingFor: 'the WAL receiver to end',
      atMost: { ms: ELECTION_MS + SEALING_MS, code: OcfExit.SUCCESS },
    },
  );
};

/**
 * A planned switch: the old primary has given this synchronous standby the score of a successor, and is demoted for it. A
 * shutdown in good order sends everything to its standbys, so nobody is likely to hold more, and clients are waiting: the
 * candidate waits for nobody, and its promotion compares what it sees by then. As a rule nobody gets here: see ENDS_UNHEEDED.
 */
const isHandedOver = (
  { announced }: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  candidate: string,
): boolean => {
  const before = facts.replInfo?.node;
  return (
    config.repMode === 'sync' &&
    facts.dataStatus(candidate) === DataStatus.sync &&
    facts.score(candidate) === Score.successor &&
    before !== undefined &&
    facts.online(before) &&
    announced.demote.includes(before) &&
    !announced.stop.includes(before)
  );
};
