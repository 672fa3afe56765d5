import { comeToRest, forgetFailures } from '../../pacemaker/cleanup.ts';
import { deadlineIn, within } from '../../system/clock.ts';
import { formatSeconds } from '../cli/text.ts';
import { observeCluster } from '../cluster/observe-cluster.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { type Waited, waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { isGivenUp } from '../run-state/outcome.ts';
import { clusterSituation, type Situation } from '../status/situation.ts';

const CLEANUP_MS = 60_000;

/** Failures of this node that were there before Pacemaker was told to forget them, by their time. */
export type OldFailures = ReadonlySet<string>;

/** @param held why Pacemaker will not start it, see hurdles.ts */
export const startTitle = (held: string | undefined): string =>
  held === undefined ? 'have Pacemaker start PostgreSQL here' : 'have Pacemaker forget what failed here';

export const afterTheStart = (held: string | undefined): string =>
  held === undefined
    ? 'Pacemaker goes on starting PostgreSQL here, cls_status tells how it goes'
    : `PostgreSQL is not started, since ${held}`;

/** Has Pacemaker forget that PostgreSQL failed here, so that it starts it. */
export async function letPacemakerStart(
  { id }: PgsqlResource,
  self: string,
  { deadline }: Pick<StepContext, 'deadline'>,
  held?: string,
): Promise<StepResult & { readonly old: OldFailures }> {
  const limit = within(deadline, CLEANUP_MS);
  const cluster = await observeCluster(limit);
  const old = new Set(
    cluster.known
      ? cluster.value.mon.failures.filter(({ node }) => node === self).map(({ when }) => when)
      : [],
  );
  const outcome = await forgetFailures(id, self, limit);
  const done: StepResult =
    held === undefined ? STEP_DONE : { ok: true, sentence: `the data are well; ${afterTheStart(held)}` };
  const result = outcome.ok
    ? done
    : failure(
        CommandExit.NOT_IN_TIME,
        `the data are well, but Pacemaker could not be told to start PostgreSQL (${outcome.reason}); run: crm_resource --cleanup --resource ${id} --node ${self}`,
      );
  return { ...result, old };
}

/** given-up: Pacemaker starts it here no more, though no start has failed since it was told to forget */
type Look =
  | { readonly kind: 'streams' }
  | { readonly kind: 'waiting' | 'failed' | 'given-up'; readonly what: string };

/** Is the standby of this node back? Pure. */
export function lookAtStandby(situation: Situation, old: OldFailures): Look {
  const { self, facts, mon, resource, running } = situation;
  const failed = mon.failures.find(
    ({ resource: id, node, task, when }) =>
      id === resource.id && node === self && task === 'start' && !old.has(when),
  );
  if (failed !== undefined && !running.includes(self)) {
    return { kind: 'failed', what: failed.exitReason || `${failed.task} ended with ${failed.exitStatus}` };
  }
  if (!running.includes(self))
    return isGivenUp(situation, self)
      ? { kind: 'given-up', what: `Pacemaker does not try to start PostgreSQL on ${self} (its fail-count)` }
      : { kind: 'waiting', what: `Pacemaker has not started PostgreSQL on ${self}` };
  const status = facts.dataStatus(self);
  return status?.startsWith('STREAMING|')
    ? { kind: 'streams' }
    : { kind: 'waiting', what: `${self} catches up, its data status is ${status ?? 'unknown'}` };
}

/** Waits until the standby streams; what was repaired stays repaired whatever comes of it. */
export async function waitForStandby(
  resource: PgsqlResource,
  old: OldFailures,
  timeoutSeconds: number,
  { progress, interrupted }: StepContext,
): Promise<StepResult> {
  let look: Look = { kind: 'waiting', what: 'nothing seen yet' };
  let self = '';
  const deadline = deadlineIn(timeoutSeconds * 1000);
  const lookUntil = (isEnough: (kind: Look['kind']) => boolean): Promise<Waited> =>
    waitForCluster(
      (cluster) => {
        self = cluster.self;
        look = lookAtStandby(clusterSituation(cluster, resource), old);
        return look.kind === 'streams' || isEnough(look.kind) ? undefined : look.what;
      },
      { deadline, onState: progress.state, interrupted },
    );
  let waited = await lookUntil((kind) => kind !== 'waiting');
  if (isSeenAs('given-up', waited, look)) {
    // Pacemaker may be about to show that it has forgotten, or have lost the start that it began in the same moment.
    await comeToRest(deadline, interrupted);
    waited = await lookUntil(() => true);
    if (isSeenAs('given-up', waited, look)) await forgetFailures(resource.id, self, deadline, interrupted);
    waited = await lookUntil((kind) => kind === 'failed');
  }
  if (waited.kind !== 'reached') {
    return failure(
      CommandExit.NOT_IN_TIME,
      `the data are well, but ${waited.missing} after ${formatSeconds(timeoutSeconds)}; cls_status tells more`,
    );
  }
  // Its word is the seed's, which scripts look for.
  return look.kind === 'failed'
    ? failure(CommandExit.NOT_IN_TIME, `PostgreSQL could not be started on ${self}: ${look.what}`)
    : { ok: true, sentence: `slave recovery of ${self} successed` };
}

const isSeenAs = (kind: Look['kind'], waited: Waited, look: Look): boolean =>
  waited.kind === 'reached' && look.kind === kind;
