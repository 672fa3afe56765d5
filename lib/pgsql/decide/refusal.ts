/**
 * A server that runs and does not let the agent in: a mistake in pg_hba.conf, as a rule, often in that of all nodes at once. What
 * cannot be done without asking it:
 *
 * - A standby cannot be promoted. It serves on, says so (`<rsc>-refuses-agent`), and another one is made the successor.
 * - A primary cannot look after its standbys: see refusing-primary.ts.
 */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { isRefusal, type QueryFailure } from '../../postgres/failure.ts';
import { type ClusterFacts, clusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { Score } from '../names.ts';
import type { Server, Snapshot } from '../snapshot.ts';
import type { Step } from '../steps.ts';
import { type Decision, done, type Reason, reason } from './decision.ts';
import { publishChanged } from './publish.ts';
import { isLasting, refusalText } from './refusal-text.ts';
import { decideRefusingPrimary } from './refusing-primary.ts';

/** Its refusal, if that is what a server says. */
export const refusalBy = (server: Server): QueryFailure | undefined =>
  server.state === 'running' && !server.answer.ok && isRefusal(server.answer.failure)
    ? server.answer.failure
    : undefined;

/** By the control file, which PostgreSQL itself writes; by the signal file where that is not read. */
export const runsAsPrimary = ({ disk: { control, standbySignal } }: Pick<Snapshot, 'disk'>): boolean => {
  const state = control.known ? control.value.state : undefined;
  if (state === 'in production') return true;
  return state !== 'in archive recovery' && !standbySignal;
};

/** How many monitors in a row it has lasted. */
export const countingRefusals = (snapshot: Snapshot): Snapshot => {
  const { refusals = 0, ...memory } = snapshot.memory;
  if (refusalBy(snapshot.server) === undefined) return { ...snapshot, memory };
  return { ...snapshot, memory: { ...memory, refusals: refusals + (snapshot.round === 0 ? 1 : 0) } };
};

const describe = ({ kind, message }: QueryFailure): Reason =>
  kind === 'too-many-clients'
    ? reason(
        'monitor.no-connection-left',
        `PostgreSQL is alive but has no connection left for the agent: ${message}`,
        'warn',
      )
    : reason('monitor.refuses-agent', `PostgreSQL runs, but refuses the agent: ${message}`, 'warn');

export const monitorRefusing = (snapshot: Snapshot, config: PgsqlConfig, failure: QueryFailure): Decision => {
  const { memory, cluster, isProbe, names } = snapshot;
  const why = describe(failure);
  const isReplicated = config.repMode === 'sync' || config.repMode === 'async';
  if (!isReplicated) return done(OcfExit.SUCCESS, why, { memory, isShown: true });
  const isPrimary = runsAsPrimary(snapshot);
  // A busy primary is well, and has a connection left in a moment.
  const isBusy = isPrimary && failure.kind === 'too-many-clients';
  if (isProbe || isBusy || !cluster.known)
    return done(isPrimary ? OcfExit.RUNNING_PROMOTED : OcfExit.SUCCESS, why, { memory });
  const facts = clusterFacts(cluster.value, names);
  return isPrimary
    ? decideRefusingPrimary(snapshot, config, facts, failure, why)
    : done(OcfExit.SUCCESS, why, {
        memory,
        steps: isLasting(snapshot) ? tellOfStandby(snapshot, facts, failure) : [],
      });
};

/** Nobody could promote it, and whether it receives anything it does not say. */
export const tellOfStandby = (
  { self, names }: Snapshot,
  facts: ClusterFacts,
  failure: QueryFailure,
): readonly Step[] =>
  publishChanged(facts, [
    { node: self, name: names.status, value: 'HS:alone' },
    { node: self, name: names.score, value: Score.never },
    { node: self, name: names.refuses, value: refusalText(failure, facts.refuses(self)) },
  ]);
