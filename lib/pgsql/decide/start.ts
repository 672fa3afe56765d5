import { OcfExit, type OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import { type Mark, refusalOf } from '../../postgres/incomplete.ts';
import type { StandbyState } from '../../postgres/server-state.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { EMPTY_MEMORY } from '../memory.ts';
import { Score } from '../names.ts';
import { replayedPosition } from '../position.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Publication, Step } from '../steps.ts';
import { apartObstacle, watchingQuorum } from './apart.ts';
import { livePrimary } from './context.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { type JoinVerdict, judgeRunning, judgeStopped } from './join.ts';
import { publishChanged } from './publish.ts';
import { leavesForWantOfRoom, leavingSentence, withWantOfRoom } from './room.ts';
import { settingsAtStart } from './seal.ts';
import { planStandby } from './standby.ts';
import { hasWritesAlone, lockObstacle, notYet } from './take-lock.ts';

/**
 * Starts PostgreSQL: as a standby where it is replicated (Pacemaker promotes one later), plainly with rep_mode=none.
 * Whether it may start follows from its data and REPL_INFO alone; there is no lock file (invariant 5).
 */
export const decideStart = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  return startServer(watchingQuorum(snapshot, config), config);
};

const startServer = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { server, memory } = snapshot;
  if (server.state === 'stopped') return startStopped(snapshot, config, server.leftovers);
  if (!server.answer.ok) {
    const { kind, message } = server.answer.failure;
    if (kind === 'auth' || kind === 'sql')
      return done(
        OcfExit.GENERIC,
        reason('start.refused-by-server', `PostgreSQL runs but refuses the agent: ${message}`, 'error'),
        { memory },
      );
    return again(
      reason('start.not-ready', `PostgreSQL does not accept connections yet (${kind}): ${message}`, 'debug'),
      {
        memory,
        waitingFor: 'PostgreSQL to accept connections',
      },
    );
  }
  const state = server.answer.value;
  if (config.repMode === 'none')
    return done(OcfExit.SUCCESS, reason('start.done', 'PostgreSQL accepts connections'), { memory });
  if (!state.inRecovery)
    return again(
      reason(
        'start.runs-as-primary',
        'PostgreSQL runs as a primary, but Pacemaker starts it as a standby: it is restarted',
        'warn',
      ),
      {
        memory,
        steps: [{ kind: 'stop', first: 'fast', escalateAfterMs: config.stopEscalateMs }],
      },
    );
  if (config.repMode === 'slave')
    return done(OcfExit.SUCCESS, reason('start.done', `standby of ${config.primaryHost}`), { memory });
  return settleStandby(snapshot, config, state);
};

const startStopped = (snapshot: Snapshot, config: PgsqlConfig, leftovers: readonly number[]): Decision => {
  const { self, disk, memory } = snapshot;
  if (disk.incomplete !== undefined) return refuseIncomplete(snapshot, disk.incomplete);
  if (memory.started === true)
    return fail(
      snapshot,
      OcfExit.GENERIC,
      'start.ended',
      withWantOfRoom(snapshot, endOf(snapshot, 'PostgreSQL ended while it was starting')),
    );
  if (disk.directory !== 'present')
    return fail(
      snapshot,
      OcfExit.INSTALLED,
      'start.no-database',
      `${disk.directory === 'missing' ? 'the data directory does not exist' : 'the data directory holds no database (no PG_VERSION)'}: create it with initdb or pg_basebackup`,
    );
  if (leftovers.length > 0)
    return again(
      reason(
        'start.leftovers',
        `processes of an earlier server are still there: ${leftovers.join(', ')}`,
        'warn',
      ),
      {
        memory,
        steps: [{ kind: 'stop', first: 'immediate', escalateAfterMs: 0 }],
      },
    );
  if (config.repMode === 'none')
    return again(reason('start.plain', 'PostgreSQL is started'), {
      memory: { ...memory, started: true },
      steps: [{ kind: 'start', standby: false }],
    });
  if (config.repMode === 'slave')
    return startStandby(snapshot, config, [], `standby of ${config.primaryHost}`);

  if (!snapshot.cluster.known)
    return again(
      reason('start.cluster-unknown', `the cluster cannot be asked: ${snapshot.cluster.reason}`, 'warn'),
      { memory },
    );
  const facts = clusterFacts(snapshot.cluster.value, snapshot.names);
  const recordedHere = facts.replInfo?.node === snapshot.self;
  if (!recordedHere) {
    const verdict = judgeStopped(disk, snapshot.primaryHistory, facts);
    const other = facts.replInfo?.node;
    // The other one's promotion may never have come to its end, and to repair this node would destroy what it alone has.
    if (verdict.kind === 'diverged' && !snapshot.primaryHistory.known && hasWritesAlone(snapshot, config))
      return fail(
        snapshot,
        OcfExit.GENERIC,
        'start.alone',
        `run cls_reset_master ${self}, not a repair: by the arbiter ${self} has acknowledged writes that ${other} lacks, though ${other} is the recorded primary`,
      );
    if (verdict.kind === 'diverged' || verdict.kind === 'foreign') return refuse(snapshot, facts, verdict);
  }
  const leaves = recordedHere ? leavesForWantOfRoom(snapshot, config, facts) : undefined;
  const obstacle = recordedHere
    ? (lockObstacle(snapshot, config, facts) ?? apartObstacle(snapshot, config, facts)?.sentence)
    : undefined;
  const keepsPlace = recordedHere && leaves === undefined && obstacle === undefined;
  return startStandby(
    snapshot,
    config,
    keepsPlace ? [] : withoutScore(snapshot, facts, obstacle !== undefined),
    leaves !== undefined
      ? leavingSentence(leaves)
      : obstacle !== undefined
        ? `it is the recorded primary, and ${notYet(obstacle)}`
        : keepsPlace
          ? 'it is the recorded primary'
          : `standby of ${facts.replInfo?.node ?? 'nobody yet'}`,
  );
};

/** Pacemaker shows the reason, and nobody reads the log of a server that is not there. */
export const endOf = ({ memory, lastWords }: Snapshot, what: string): string =>
  memory.startFailure ?? (lastWords === undefined ? `${what}; its log says why` : `${what}: ${lastWords}`);

const startStandby = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  before: readonly Step[],
  what: string,
): Decision =>
  again(reason('start.standby', `PostgreSQL is started as a standby: ${what}`), {
    memory: { ...snapshot.memory, started: true, withoutPrimary: EMPTY_MEMORY.withoutPrimary },
    steps: [
      ...withdrawNote(snapshot),
      ...before,
      {
        kind: 'configure',
        settings: settingsAtStart(snapshot, config),
        standby: true,
      },
      { kind: 'start', standby: true },
    ],
    waitingFor: 'PostgreSQL to accept connections',
  });

/**
 * A primary that goes on keeps REPL_INFO, so that its next election has the name of its last one: a note of before would
 * be taken for its position now, and a standby that has followed since for a better candidate.
 */
export const withdrawNote = ({ notes, self }: Snapshot): Step[] =>
  notes.known && notes.value.has(self) ? [{ kind: 'announce', note: undefined }] : [];

/**
 * Pacemaker must not promote a node by a score of its last life; the recorded primary keeps the first place.
 *
 * @param leaves it was the primary, and its status may still say so: then nobody would miss one
 */
const withoutScore = ({ self, names }: Snapshot, facts: ClusterFacts, leaves: boolean): Step[] => {
  const wanted: Publication[] = [
    { node: self, name: names.score, value: Score.never },
    ...(leaves ? [{ node: self, name: names.status, value: 'STOP' }] : []),
  ];
  return publishChanged(facts, wanted);
};

const settleStandby = (snapshot: Snapshot, config: PgsqlConfig, state: StandbyState): Decision => {
  const { memory } = snapshot;
  if (!snapshot.cluster.known)
    return again(
      reason('start.cluster-unknown', `the cluster cannot be asked: ${snapshot.cluster.reason}`, 'warn'),
      { memory },
    );
  const facts = clusterFacts(snapshot.cluster.value, snapshot.names);
  const position = replayedPosition(state, snapshot.disk);
  if (facts.replInfo?.node !== snapshot.self && position.known) {
    const verdict = judgeRunning(
      state.systemIdentifier,
      position.value,
      snapshot.disk,
      snapshot.primaryHistory,
      facts,
    );
    if (verdict.kind === 'diverged' || verdict.kind === 'foreign') return refuse(snapshot, facts, verdict);
  }
  const plan = planStandby(snapshot, config, facts, state);
  const follows = livePrimary(facts);
  return done(
    OcfExit.SUCCESS,
    reason(
      'start.done',
      follows === undefined
        ? 'PostgreSQL runs as a standby; there is no primary yet'
        : `PostgreSQL runs as a standby of ${follows}`,
    ),
    { memory: plan.memory, steps: plan.steps, also: plan.reasons },
  );
};

/** A node whose history does not fit is stopped again, never looks healthy, and names the command that repairs it. */
export const refuse = (
  snapshot: Snapshot,
  facts: ClusterFacts,
  verdict: Extract<JoinVerdict, { kind: 'diverged' | 'foreign' }>,
): Decision => {
  const { self, names } = snapshot;
  const steps: Step[] = [];
  if (snapshot.server.state === 'running')
    steps.push({ kind: 'stop', first: 'fast', escalateAfterMs: 5_000 });
  steps.push(
    ...publishChanged(facts, [
      { node: self, name: names.score, value: Score.never },
      { node: self, name: names.status, value: 'STOP' },
    ]),
  );
  return done(OcfExit.GENERIC, reason(`join.${verdict.kind}`, verdict.sentence, 'error'), {
    memory: snapshot.memory,
    steps,
  });
};

/** Neither what the control file says of such data nor what PostgreSQL would make of them can be relied on. */
export const refuseIncomplete = (snapshot: Snapshot, mark: Mark): Decision =>
  fail(snapshot, OcfExit.GENERIC, 'start.incomplete', refusalOf(mark));

const fail = (snapshot: Snapshot, code: OcfExitCode, rule: string, because: string): Decision => {
  const { self, names, cluster, memory } = snapshot;
  const stopped = { node: self, name: names.status, value: 'STOP' };
  return done(code, reason(rule, because, 'error'), {
    memory,
    steps: cluster.known ? publishChanged(clusterFacts(cluster.value, names), [stopped]) : [],
  });
};
