import { forgetFailures } from '../../pacemaker/cleanup.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE } from '../plan.ts';
import { type Outcome, startOutcome } from '../run-state/outcome.ts';
import { waitForOutcome } from '../run-state/wait.ts';
import type { Situation } from '../status/situation.ts';
import type { CleanupStep } from './decide.ts';

export function cleanupExecutor({ resource }: Situation, timeoutSeconds: number): Executor<CleanupStep> {
  return {
    describe: (step) =>
      step.kind === 'clean'
        ? `forget the failures of ${step.resource} on ${step.node} (crm_resource --cleanup)`
        : `wait until they are gone${step.startsAgain ? ', there is a primary and every standby streams' : ''}`,
    execute: async (step, context) => {
      if (step.kind === 'wait') {
        return waitForOutcome((now) => cleanupOutcome(now, step), resource, timeoutSeconds, context);
      }
      const cleaned = await forgetFailures(step.resource, step.node, context.deadline, context.interrupted);
      return cleaned.ok ? STEP_DONE : failure(CommandExit.ERROR, cleaned.reason);
    },
    recover: async () =>
      'what was forgotten stays forgotten, and Pacemaker goes on by itself; cls_status --watch shows it, and cls_cleanup can be run again',
  };
}

/** Pure. */
export function cleanupOutcome(
  situation: Situation,
  { cleaned, scope, startsAgain }: Extract<CleanupStep, { kind: 'wait' }>,
): Outcome {
  const { failures, failCounts } = situation.mon;
  const old = cleaned.find(
    (before) =>
      before.failures.some((each) =>
        failures.some(
          (now) =>
            now.resource === each.resource &&
            now.node === each.node &&
            now.task === each.task &&
            now.when === each.when,
        ),
      ) ||
      before.counts.some((each) =>
        failCounts.some(
          (now) =>
            now.resource === each.resource &&
            now.node === each.node &&
            now.failCount > 0 &&
            now.lastFailure === each.lastFailure,
        ),
      ),
  );
  if (old !== undefined) {
    return { kind: 'waiting', what: `the failure of ${old.resource} on ${old.node} is still recorded` };
  }
  return startsAgain
    ? startOutcome(situation, scope)
    : { kind: 'reached', sentence: 'the failures are forgotten; nothing is started now' };
}
