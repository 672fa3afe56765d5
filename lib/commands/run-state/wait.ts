import { formatSeconds } from '../cli/text.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { failure, type StepContext, type StepResult } from '../plan.ts';
import { clusterSituation, type Situation } from '../status/situation.ts';
import { type Outcome, whatIsWrong } from './outcome.ts';

/** Looks at the cluster until the outcome is more than a wait. */
export async function waitForOutcome(
  look: (situation: Situation) => Outcome,
  resource: PgsqlResource,
  timeoutSeconds: number,
  { progress, deadline, interrupted }: StepContext,
): Promise<StepResult> {
  let situation: Situation | undefined;
  let outcome: Outcome | undefined;
  const waited = await waitForCluster(
    (cluster) => {
      situation = clusterSituation(cluster, resource);
      outcome = look(situation);
      return outcome.kind === 'waiting' ? outcome.what : undefined;
    },
    { deadline, onState: progress.state, interrupted },
  );
  if (waited.kind !== 'reached' || outcome === undefined || outcome.kind === 'waiting') {
    const missing = waited.kind === 'reached' ? 'nothing seen' : waited.missing;
    const wrong = situation === undefined ? '' : `\n${whatIsWrong(situation)}`;
    return failure(
      CommandExit.NOT_IN_TIME,
      `not done after ${formatSeconds(timeoutSeconds)}: ${missing}${wrong}`,
    );
  }
  return outcome.kind === 'reached'
    ? { ok: true, sentence: outcome.sentence }
    : failure(outcome.code, outcome.sentence);
}
