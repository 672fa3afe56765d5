import { OcfExit, type OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import type { StandbyState } from '../../postgres/server-state.ts';
import { clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Server, Snapshot } from '../snapshot.ts';
import { actingAlone, watchingQuorum } from './apart.ts';
import { again, type Decision, done, reason } from './decision.ts';
import { countedSinceReload } from './hand-over.ts';
import { tellLag } from './lag.ts';
import { withLease } from './lease.ts';
import { rewriteLost } from './lost-attributes.ts';
import { decidePrimary, isUnfinished } from './primary.ts';
import { probePrimary } from './probe.ts';
import { countingRefusals, monitorRefusing, refusalBy } from './refusal.ts';
import { wantOfRoom, withWantOfRoom } from './room.ts';
import { judgeStandby, planStandby } from './standby.ts';
import { withWord } from './take-lock.ts';
import { withWatcher } from './watch.ts';
import { withWriteCheck } from './write-check.ts';

/** Tells what runs, and keeps the cluster's picture of this node up to date. A probe only tells: see probe.ts. */
export const decideMonitor = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const watching = watchingQuorum(countingRefusals(countedSinceReload(snapshot)), config);
  const seen = withWriteCheck(snapshot, config, monitorServer(watching, config));
  const told = tellLag(actingAlone(watching, config, tellMonitorUser(snapshot, seen)), snapshot, config);
  const leased = withLease(snapshot, config, withWord(snapshot, config, told), 'monitor');
  return withWatcher(snapshot, config, rewriteLost(snapshot, leased));
};

/**
 * What a monitor does for a promotion that is not over, right after it and by the same process: commits wait for that. Whatever is
 * not as it should be is left to Pacemaker's own monitor, which can say so. So is the watcher, which that monitor may be told to do
 * without (on-fail), and what is counted by the interval of the monitors.
 */
export const afterPromotion =
  (monitor: (snapshot: Snapshot, config: PgsqlConfig) => Decision) =>
  (snapshot: Snapshot, config: PgsqlConfig): Decision => {
    const decision = isBeingPromoted(snapshot)
      ? monitor(snapshot, { ...config, fastDetection: false })
      : undefined;
    return decision !== undefined && codeOf(decision) === OcfExit.RUNNING_PROMOTED
      ? { ...decision, memory: withCountsOf(snapshot.memory, decision.memory) }
      : done(OcfExit.SUCCESS, reason('promote.left', 'what follows is left to the next monitor', 'debug'), {
          memory: snapshot.memory,
        });
  };

const isBeingPromoted = (snapshot: Snapshot): boolean => {
  const { server } = snapshot;
  return (
    server.state === 'running' &&
    server.answer.ok &&
    !server.answer.value.inRecovery &&
    isUnfinished(snapshot, server.answer.value)
  );
};

/** What it comes to, now or at its limit. */
const codeOf = ({ outcome }: Decision): OcfExitCode | undefined =>
  (outcome.kind === 'done' ? outcome : outcome.atMost)?.code;

const withCountsOf = (
  { writeFailures, monitorsSinceReload }: Memory,
  { writeFailures: _, monitorsSinceReload: __, ...learnt }: Memory,
): Memory => ({
  ...learnt,
  ...(writeFailures === undefined ? {} : { writeFailures }),
  ...(monitorsSinceReload === undefined ? {} : { monitorsSinceReload }),
});

/** It is the agent that has to be let in. */
const tellMonitorUser = ({ server }: Snapshot, decision: Decision): Decision => {
  if (server.state !== 'running' || !server.answer.ok || server.answer.monitorUserRefused === undefined)
    return decision;
  const why = reason(
    'monitor.refuses-monitor-user',
    `PostgreSQL lets the agent in, but refuses monitor_user, as which monitor_sql is run: ${server.answer.monitorUserRefused}`,
    'warn',
  );
  return { ...decision, reasons: [...decision.reasons, why] };
};

const monitorServer = (snapshot: Snapshot, config: PgsqlConfig): Decision => {
  const { server, memory } = snapshot;
  if (server.state === 'stopped') {
    const why = withWantOfRoom(snapshot, 'PostgreSQL does not run');
    return done(OcfExit.NOT_RUNNING, reason('monitor.stopped', why, snapshot.isProbe ? 'debug' : 'warn'), {
      memory,
      isShown: wantOfRoom(snapshot) !== undefined,
    });
  }
  const refusal = refusalBy(server);
  if (refusal !== undefined) return monitorRefusing(snapshot, config, refusal);
  if (!server.answer.ok) return monitorSilent(snapshot, config, server);
  const state = server.answer.value;
  const role = roleCode(config, state.inRecovery);
  if (config.repMode === 'slave' && !state.inRecovery)
    return done(
      OcfExit.GENERIC,
      reason('monitor.not-a-standby', 'rep_mode=slave, but PostgreSQL runs as a primary', 'error'),
      { memory },
    );
  if (snapshot.isProbe && !state.inRecovery && config.repMode !== 'none')
    return probePrimary(snapshot, config, state);
  if (config.repMode === 'none' || config.repMode === 'slave' || snapshot.isProbe)
    return done(role, reason('monitor.runs', state.inRecovery ? 'standby' : 'primary', 'debug'), { memory });
  if (!snapshot.cluster.known)
    return done(
      role,
      reason(
        'monitor.cluster-unknown',
        `PostgreSQL is well; the cluster cannot be asked: ${snapshot.cluster.reason}`,
        'warn',
      ),
      { memory },
    );
  return state.inRecovery
    ? monitorStandby(snapshot, config, state)
    : decidePrimary(snapshot, config, clusterFacts(snapshot.cluster.value, snapshot.names), state, []);
};

const monitorStandby = (snapshot: Snapshot, config: PgsqlConfig, state: StandbyState): Decision => {
  if (!snapshot.cluster.known) throw new Error('a standby is monitored against the cluster');
  const facts = clusterFacts(snapshot.cluster.value, snapshot.names);
  const verdict = judgeStandby(snapshot, facts, state);
  if (verdict.kind === 'diverged' || verdict.kind === 'foreign')
    return done(OcfExit.GENERIC, reason(`join.${verdict.kind}`, verdict.sentence, 'error'), {
      memory: snapshot.memory,
    });
  const plan = planStandby(snapshot, config, facts, state);
  const [first, ...rest] = plan.reasons;
  return done(OcfExit.SUCCESS, first ?? reason('standby.steady', 'standby', 'debug'), {
    memory: plan.memory,
    steps: plan.steps,
    also: rest,
  });
};

/**
 * A server that runs but does not answer. It is alive where it says why (it starts, or refuses the agent, for want of a
 * connection, say): a busy primary is not failed over (ClusterLabs/resource-agents #841). One that says nothing until the
 * deadline has failed.
 */
const monitorSilent = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  server: Extract<Server, { state: 'running' }>,
): Decision => {
  const { memory, disk } = snapshot;
  if (server.answer.ok) throw new Error('a silent server has no answer');
  const { kind, message } = server.answer.failure;
  const replicated = config.repMode === 'sync' || config.repMode === 'async';
  const wasPrimary = replicated && !disk.standbySignal;
  if (kind === 'starting' || kind === 'stopping')
    return again(reason('monitor.not-ready', `PostgreSQL is ${kind}: ${message}`), {
      memory,
      waitingFor: `PostgreSQL, which is ${kind}`,
    });
  const code: OcfExitCode = wasPrimary && !snapshot.isProbe ? OcfExit.FAILED_PROMOTED : OcfExit.GENERIC;
  const why = `PostgreSQL runs (pid ${server.pid}) but does not answer (${kind}): ${message}`;
  if (kind === 'refused' || kind === 'other')
    return again(reason(`monitor.${kind === 'refused' ? kind : 'broken-off'}`, why, 'warn'), {
      memory,
      waitingFor: 'PostgreSQL to end or to answer',
      atMost: { ms: ENDING_MS, code, exitReason: why },
    });
  return done(code, reason('monitor.no-answer', why, 'error'), { memory });
};

/**
 * A server that ends by itself takes its socket away before its lock file (postmaster.c), and one that begins has the lock
 * file first; one that is killed resets the connections that wait for it to accept them. Why it ended can be told when it is
 * gone; what stays so for longer has failed.
 */
const ENDING_MS = 2000;

const roleCode = (config: PgsqlConfig, inRecovery: boolean): OcfExitCode =>
  inRecovery || config.repMode === 'none' ? OcfExit.SUCCESS : OcfExit.RUNNING_PROMOTED;
