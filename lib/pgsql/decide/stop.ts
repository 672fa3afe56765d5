import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { Score } from '../names.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication, Step } from '../steps.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { publish } from './publish.ts';
import { refusalBy, tellOfStandby } from './refusal.ts';
import { withWantOfRoom } from './room.ts';
import { decideStart, withdrawNote } from './start.ts';

/** Invariant: never before PostgreSQL is gone. Whoever waits for the lock need not wait for the end of its lease. */
const givingBackTheLock = (snapshot: Snapshot, decision: Decision): Decision => {
  const { lock, server } = snapshot;
  if (lock?.guard.quitAtMs === undefined) return decision;
  const isGone = server.state === 'stopped' && server.leftovers.length === 0;
  const at = isGone ? 0 : decision.steps.findIndex(({ kind }) => kind === 'stop') + 1;
  if (at === 0 && !isGone) return decision;
  return {
    ...decision,
    steps: [...decision.steps.slice(0, at), { kind: 'giveBack' }, ...decision.steps.slice(at)],
  };
};

export const decideStop = (snapshot: Snapshot, config: PgsqlConfig): Decision =>
  sayingItEnded(snapshot, 'stop', givingBackTheLock(snapshot, stopServer(snapshot, config)));

export const decideDemote = (snapshot: Snapshot, config: PgsqlConfig): Decision =>
  sayingItEnded(snapshot, 'demote', givingBackTheLock(snapshot, demoteServer(snapshot, config)));

/** Where its watcher has reported the end (fast_detection), no monitor has said what an operator should see to first. */
const sayingItEnded = (snapshot: Snapshot, action: 'stop' | 'demote', decision: Decision): Decision => {
  const { server, round, watcher } = snapshot;
  const isReported = watcher === 'reported' || watcher === 'reports';
  if (server.state !== 'stopped' || round > 0 || !isReported) return decision;
  const why = withWantOfRoom(snapshot, 'PostgreSQL has ended by itself');
  return { ...decision, reasons: [...decision.reasons, reason(`${action}.ended`, why, 'warn')] };
};

/** Stop succeeds unless PostgreSQL is really still running (invariant 6). What the cluster cannot be told does not matter. */
const stopServer = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { memory } = snapshot;
  if (needsStopping(snapshot))
    return again(reason('stop.stop', 'PostgreSQL is stopped'), {
      memory,
      steps: [stopStep(snapshot, config)],
      waitingFor: 'PostgreSQL to stop',
    });
  return done(OcfExit.SUCCESS, reason('stop.done', 'PostgreSQL is stopped'), {
    memory,
    steps: replicated(config) ? [...publishStopped(snapshot), ...withdrawNoteOfPrimary(snapshot)] : [],
  });
};

/**
 * A demoted primary runs on as a standby. Where Pacemaker has announced that it stops the node right after,
 * starting it in between would only delay the next primary.
 */
const demoteServer = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { memory, server, cluster, names } = snapshot;
  const isPrimary = server.state === 'running' && !(server.answer.ok && server.answer.value.inRecovery);
  if (isPrimary && memory.started !== true) {
    const isWellAndReplaced = server.answer.ok && handsOverTo(snapshot).length > 0;
    const steps: readonly Step[] = [
      // After a failure nothing is to delay the next primary; a primary that is well takes writes meanwhile.
      ...(isWellAndReplaced ? [{ kind: 'checkpoint' } as const] : []),
      stopStep(snapshot, config),
    ];
    if (stopsNext(snapshot))
      return done(
        OcfExit.SUCCESS,
        reason('demote.stop-for-good', 'the primary is stopped, and Pacemaker stops this resource next'),
        {
          memory,
          // The stop may be answered by a shell, which withdraws no more than the note (STOPS_ENDED in unheeded.ts).
          steps: [
            ...steps,
            ...withdrawNote(snapshot).map((step): Step => ({ ...step, alongside: true })),
            ...withdrawRefusal(snapshot),
          ],
          whenStepFails: 'again',
        },
      );
    return again(reason('demote.stop', 'the primary is stopped, to go on as a standby'), {
      memory,
      steps,
      waitingFor: 'PostgreSQL to stop',
      ...(isWellAndReplaced ? { looksAt: 'node' } : {}),
    });
  }
  if (server.state === 'stopped' && stopsNext(snapshot))
    return done(
      OcfExit.SUCCESS,
      reason('demote.stops-next', 'PostgreSQL is stopped, and Pacemaker stops this resource next'),
      { memory, steps: withdrawNote(snapshot) },
    );
  const refusal = refusalBy(server);
  if (refusal !== undefined && memory.started === true)
    return done(
      OcfExit.SUCCESS,
      reason(
        'demote.refuses-agent',
        `PostgreSQL runs as a standby, but refuses the agent: ${refusal.message}`,
        'warn',
      ),
      {
        memory,
        steps: cluster.known ? tellOfStandby(snapshot, clusterFacts(cluster.value, names), refusal) : [],
      },
    );
  const start = decideStart(snapshot, config);
  if (!start.steps.some(({ kind }) => kind === 'start')) return start;
  const successors = handsOverTo(snapshot);
  const isInOrder = endedInGoodOrder(snapshot);
  // As ENDS_UNHEEDED has it.
  const isHandedOver =
    config.repMode === 'sync' && successors.length > 0 && isInOrder && snapshot.announced.stop.length === 0;
  const asStandby =
    isReplaced(snapshot) && tellsReady(snapshot) ? leavingTheRest(start, !isHandedOver) : start;
  return successors.length > 0 && !isInOrder ? withElection(snapshot, successors, asStandby) : asStandby;
};

/** What is stopped keeps nobody out. */
const withdrawRefusal = ({ self, names, cluster }: Snapshot): Step[] =>
  cluster.known && clusterFacts(cluster.value, names).transient(self, names.refuses) !== undefined
    ? publish([{ node: self, name: names.refuses, value: undefined }])
    : [];

const stopsNext = ({ self, announced }: Snapshot): boolean => announced.stop.includes(self);

const endedInGoodOrder = ({ disk: { control } }: Snapshot): boolean =>
  control.known && control.value.state === 'shut down';

/**
 * A crash, or a shutdown that had to be hurried, may have left the successor behind another standby. Without the score of a
 * successor it is elected as after any other loss of a primary (ENDS_UNHEEDED).
 */
const withElection = ({ names }: Snapshot, successors: readonly string[], start: Decision): Decision => ({
  ...start,
  reasons: [
    ...start.reasons,
    reason('demote.in-disorder', 'PostgreSQL has not ended in good order, so an election is held', 'warn'),
  ],
  steps: [
    {
      kind: 'publish',
      changes: successors.map((node) => ({ node, name: names.score, value: String(Score.candidate) })),
    },
    ...start.steps,
  ],
});

/** The recorded primary was stopped, and Pacemaker promotes another node as soon as this demotion has come to its end. */
const isReplaced = ({ self, cluster, names, announced }: Snapshot): boolean =>
  cluster.known &&
  clusterFacts(cluster.value, names).replInfo?.node === self &&
  announced.promote.some((node) => node !== self);

/** Since PostgreSQL 10 the lock file says when the server takes connections. */
const tellsReady = ({ disk: { version } }: Snapshot): boolean => version.known && version.value.major >= 10;

/**
 * Writes wait for the end of this demotion. Where an election is held, this server has to say what it holds: it is enough that it takes
 * connections. Everything else is for its next monitor, which waits until it does.
 */
const leavingTheRest = (start: Decision, isElectionHeld: boolean): Decision => {
  const isNote = ({ kind }: Step): boolean => kind === 'announce';
  return {
    ...start,
    // The note of an earlier election is withdrawn while PostgreSQL starts.
    steps: [
      ...start.steps.filter((step) => !isNote(step)),
      ...start.steps.filter(isNote).map((step): Step => ({ ...step, alongside: true })),
      ...(isElectionHeld ? ([{ kind: 'awaitReady' }] as const) : []),
    ],
    outcome: { kind: 'done', code: OcfExit.SUCCESS },
    whenStepFails: 'again',
  };
};

/**
 * To whom this primary hands over in a planned switch, as a rule one node: see hand-over.ts. It has that score itself until its own
 * promotion is recorded to be over.
 */
const handsOverTo = ({ self, cluster, names }: Snapshot): readonly string[] => {
  if (!cluster.known || !cluster.value.haveQuorum) return [];
  const facts = clusterFacts(cluster.value, names);
  return facts.replInfo?.node === self
    ? [...cluster.value.nodes.keys()].filter((node) => node !== self && facts.score(node) === Score.successor)
    : [];
};

const replicated = (config: PgsqlConfig): boolean => config.repMode === 'sync' || config.repMode === 'async';

const needsStopping = ({ server }: Snapshot): boolean =>
  server.state === 'running' || server.leftovers.length > 0;

/**
 * Without quorum another node may be promoted any moment: the primary ends at once and writes no shutdown checkpoint,
 * which would be WAL that the next primary does not have, and so would keep this node from joining again.
 */
const stopStep = (snapshot: Snapshot, config: PgsqlConfig): Step => {
  const { cluster, server } = snapshot;
  const cutOff = replicated(config) && cluster.known && !cluster.value.haveQuorum;
  const inRecovery = server.state === 'running' && server.answer.ok && server.answer.value.inRecovery;
  return {
    kind: 'stop',
    first: cutOff || server.state === 'stopped' ? 'immediate' : 'fast',
    escalateAfterMs: inRecovery ? config.stopEscalateStandbyMs : config.stopEscalateMs,
  };
};

/** Its demotion may have been answered before anything was looked at (ENDS_DEAD in unheeded.ts). */
const withdrawNoteOfPrimary = ({ announced, self }: Snapshot): Step[] =>
  announced.demote.includes(self) ? [{ kind: 'announce', note: undefined, alongside: true }] : [];

/**
 * The score of a primary stays: it is the one to come back, on the same timeline. Where Pacemaker has announced that it
 * starts the node again right away, nothing is published, since each write would make it plan anew.
 */
const publishStopped = (snapshot: Snapshot): Step[] => {
  const { self, names, cluster, announced } = snapshot;
  if (announced.start.includes(self)) return [];
  const stopped: Publication = { node: self, name: names.status, value: 'STOP' };
  if (!cluster.known) return [{ kind: 'publish', changes: [stopped] }];
  const facts = clusterFacts(cluster.value, names);
  const isRecorded = facts.replInfo?.node === self;
  const changes = [
    stopped,
    ...(isRecorded ? [] : [{ node: self, name: names.score, value: Score.never }]),
    { node: self, name: names.refuses, value: undefined },
  ].filter(({ name, value }) => facts.transient(self, name) !== value);
  return publish(changes);
};
