import { modifyCib } from '../../pacemaker/modify.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { enumerate } from '../cli/text.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext } from '../plan.ts';
import type { Situation } from '../status/situation.ts';
import type { RunStateStep } from './decide.ts';
import { type Outcome, startOutcome, stopOutcome } from './outcome.ts';
import { waitForOutcome } from './wait.ts';

/** Whatever happens after the one change, the cluster goes on by itself: nothing has to be put back. */
export function runStateExecutor(resource: PgsqlResource, timeoutSeconds: number): Executor<RunStateStep> {
  const wait = (look: (situation: Situation) => Outcome, context: StepContext) =>
    waitForOutcome(look, resource, timeoutSeconds, context);
  return {
    describe: (step) => {
      switch (step.kind) {
        case 'set-target-role':
          return `switch ${enumerate(step.names)} ${step.role === 'Started' ? 'on' : 'off'} (target-role=${step.role}), all at once`;
        case 'wait-until-started':
          return 'wait until there is a primary and every standby streams';
        case 'wait-until-stopped':
          return 'wait until Pacemaker has stopped the primary and the standbys';
      }
    },
    execute: async (step, context) => {
      switch (step.kind) {
        case 'set-target-role': {
          const outcome = await modifyCib({ xml: step.patch }, context.deadline);
          return outcome.ok
            ? STEP_DONE
            : failure(CommandExit.ERROR, `target-role could not be set: ${outcome.reason}`);
        }
        case 'wait-until-started':
          return wait((now) => startOutcome(now, step.scope), context);
        case 'wait-until-stopped':
          return wait(
            (now) => stopOutcome(now, step.scope, findPostmaster(resource.parameters.pgdata)?.pid),
            context,
          );
      }
    },
    recover: async (begun) => whatNow(begun),
  };
}

function whatNow(begun: readonly RunStateStep[]): string {
  const [first] = begun;
  const isStop =
    first?.kind === 'wait-until-stopped' || (first?.kind === 'set-target-role' && first.role === 'Stopped');
  return isStop
    ? 'what was switched off stays off, and Pacemaker goes on stopping it; cls_stop waits for it again, cls_start undoes it'
    : 'what was switched on stays on, and Pacemaker goes on starting it; cls_start waits for it again, cls_stop undoes it';
}
