import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { DataStatus, Score } from '../names.ts';
import { openedTimeline } from '../repl-info.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { again, type Decision, done, reason } from './decision.ts';

/** attrd has a value in the CIB within some milliseconds; without it the probe ends all the same. */
const ARRIVAL_MS = 2_000;

/**
 * A probe only tells, but for one thing. When Pacemaker's executor or CIB manager dies on the primary's node, its controller ends
 * with it, and the others delete the attributes of that node; PostgreSQL runs on. The probe that follows finds a primary without
 * a score, so that Pacemaker would demote it and promote the synchronous standby, before any monitor can put the score back.
 * So the probe does, and ends when the cluster has it.
 *
 * Invariant: that is the primary of record, of that very promotion, which has come to its end; nobody else is one; and what the
 * cluster does have of it stays. An old primary, which must go, gets nothing.
 */
export const probePrimary = (snapshot: Snapshot, config: PgsqlConfig, state: PrimaryState): Decision => {
  const { self, names, memory, round, cluster } = snapshot;
  const facts = cluster.known ? clusterFacts(cluster.value, names) : undefined;
  if (facts === undefined || facts.score(self) !== undefined || !isOfRecord(snapshot, config, facts, state))
    return done(OcfExit.RUNNING_PROMOTED, reason('monitor.runs', 'primary', 'debug'), { memory });
  const changes = [
    { node: self, name: names.score, value: Score.primary },
    { node: self, name: names.status, value: 'PRI' },
  ];
  // attrd may hold both still, and writes by itself only what changes.
  const steps: Step[] = round === 0 ? [{ kind: 'publish', changes }, { kind: 'rewrite' }] : [];
  return again(
    reason(
      'probe.keeps-place',
      `${self} is the primary and runs, but the cluster has lost its score`,
      'warn',
    ),
    {
      memory,
      steps,
      whenStepFails: 'finish',
      waitingFor: `the score of ${self} in the cluster`,
      atMost: { ms: ARRIVAL_MS, code: OcfExit.RUNNING_PROMOTED },
    },
  );
};

const isOfRecord = (
  { self }: Snapshot,
  { lock }: PgsqlConfig,
  { replInfo, unreadable, view, primaries, dataStatus, online }: ClusterFacts,
  { timeline }: PrimaryState,
): boolean =>
  // With an arbiter it takes the lease, too, and a probe does not renew it.
  lock === undefined &&
  unreadable === undefined &&
  replInfo?.node === self &&
  openedTimeline(replInfo) === timeline &&
  dataStatus(self) === DataStatus.latest &&
  view.haveQuorum &&
  online(self) &&
  primaries.every((node) => node === self);
