import { writeConfiguration } from '../../pacemaker/attributes.ts';
import { foresee, type Prediction } from '../../pacemaker/simulate.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import { type Deadline, sleep } from '../../system/clock.ts';
import { type Fact, unknown } from '../../system/fact.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { startOutcome } from '../run-state/outcome.ts';
import { waitForOutcome } from '../run-state/wait.ts';
import { clusterSituation, type Situation } from '../status/situation.ts';
import type { MaintenanceStep } from './decide.ts';
import { foreseen } from './foreseen.ts';
import { maintenanceChange, nameOf, nvpairOf, stillManaged, type Target } from './target.ts';

/** @param seen what the plan was made from */
export function maintenanceExecutor(seen: Situation, timeoutSeconds: number): Executor<MaintenanceStep> {
  const { resource } = seen;
  return {
    describe: (step) => {
      switch (step.kind) {
        case 'set':
          return step.on
            ? `put ${nameOf(step.target)} into maintenance mode`
            : `take ${nameOf(step.target)} out of maintenance mode`;
        case 'wait-until-unmanaged':
          return 'wait until Pacemaker lets go';
        case 'look-again':
          return 'have Pacemaker look at what runs (crm_resource --refresh, which also makes it forget fail counts and failed actions), and ask it what it would do (crm_simulate)';
        case 'wait-until-well':
          return 'wait until there is a primary and every standby streams';
      }
    },
    execute: async (step, context) => {
      switch (step.kind) {
        case 'set': {
          const outcome = await writeConfiguration(
            maintenanceChange(step.target, step.on),
            seen.view,
            context.deadline,
          );
          return outcome.ok
            ? STEP_DONE
            : failure(CommandExit.ERROR, `it could not be set: ${outcome.reason}`);
        }
        case 'wait-until-unmanaged': {
          const waited = await waitForCluster(
            (cluster) => stillManaged(clusterSituation(cluster, resource), step.scope, step.target),
            { ...context, onState: context.progress.state },
          );
          return waited.kind === 'reached' ? STEP_DONE : failure(CommandExit.NOT_IN_TIME, waited.missing);
        }
        case 'look-again':
          return lookAgain(step, seen, context);
        case 'wait-until-well':
          return waitForOutcome((now) => startOutcome(now, step.scope), resource, timeoutSeconds, context);
      }
    },
    recover: async (begun) => whatNow(begun, resource.name),
  };
}

const PROBE_LOOK_MS = 300;

/** In maintenance mode Pacemaker does not see what an operator starts and stops by hand, until it is told to look. */
async function lookAgain(
  step: Extract<MaintenanceStep, { kind: 'look-again' }>,
  seen: Situation,
  { deadline, progress, interrupted }: StepContext,
): Promise<StepResult> {
  const node = step.target.node === undefined ? [] : [`--node=${step.target.node}`];
  const refreshed = await run('crm_resource', ['--refresh', `--resource=${seen.resource.name}`, ...node], {
    deadline,
  });
  if (!succeeded(refreshed)) return failure(CommandExit.ERROR, describeFailure(refreshed));
  let prediction = await predict(seen.view, step.target, deadline);
  while (prediction.known && prediction.value.probes.some((name) => step.scope.primitives.includes(name))) {
    if (interrupted.aborted || deadline.expired()) {
      return failure(CommandExit.NOT_IN_TIME, 'Pacemaker has not looked at every node in time');
    }
    progress.state('not every node has answered');
    await sleep(PROBE_LOOK_MS);
    prediction = await predict(seen.view, step.target, deadline);
  }
  const { sentence, isDisruptive } = foreseen(prediction, seen, step.scope);
  return isDisruptive && !step.force
    ? failure(
        CommandExit.NOT_IN_STATE,
        `out of maintenance mode, Pacemaker would not leave everything as it is: ${sentence}. Put it right by hand first, or let Pacemaker do that with --force`,
      )
    : { ok: true, sentence: `out of maintenance mode, Pacemaker says: ${sentence}` };
}

/** What Pacemaker would do if the mode were off. */
export function predict(view: ClusterView, target: Target, deadline: Deadline): Promise<Fact<Prediction>> {
  const nvpair = nvpairOf(view, target);
  return nvpair === undefined
    ? Promise.resolve(unknown('the mode is not set where it could be changed'))
    : foresee({ nvpair, value: 'false' }, deadline);
}

/** The look wipes what Pacemaker remembers, also when it is refused or broken off after. Pure. */
export function whatNow(begun: readonly MaintenanceStep[], resource: string): string {
  const set = begun.find((step) => step.kind === 'set');
  if (set === undefined) {
    const isWiped = begun.some(({ kind }) => kind === 'look-again');
    return isWiped
      ? `maintenance mode is as it was, and nothing was started or stopped; but Pacemaker was told to look again at ${resource}, and thereby forgets its fail counts and failed actions`
      : 'nothing was changed; maintenance mode is as it was';
  }
  const { on, target } = set;
  const node = target.node === undefined ? '' : ` ${target.node}`;
  return on
    ? `${nameOf(target)} stays in maintenance mode; cls_unmaintenance${node} ends it`
    : `${nameOf(target)} is managed by Pacemaker, which goes on by itself; cls_status --watch shows it, cls_maintenance${node} stops it`;
}
