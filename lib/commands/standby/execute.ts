import { writeConfiguration, writeTransient } from '../../pacemaker/attributes.ts';
import { DONE, type Outcome as Written } from '../../pacemaker/outcome.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import type { Deadline } from '../../system/clock.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE } from '../plan.ts';
import { waitForOutcome } from '../run-state/wait.ts';
import type { Situation } from '../status/situation.ts';
import type { StandbyStep } from './decide.ts';
import { backOutcome, leftOutcome } from './outcome.ts';

/** @param seen what the plan was made from */
export function standbyExecutor(
  { view, resource }: Situation,
  timeoutSeconds: number,
): Executor<StandbyStep> {
  return {
    describe: (step) => {
      switch (step.kind) {
        case 'set':
          return step.on ? `put ${step.node} into standby mode` : `take ${step.node} out of standby mode`;
        case 'wait-until-left':
          return `wait until nothing runs on ${step.node}${step.primaryToo ? ', and another node is the primary' : ''}`;
        case 'wait-until-back':
          return `wait until ${step.node} streams from the primary`;
      }
    },
    execute: async (step, context) => {
      switch (step.kind) {
        case 'set': {
          const written = await setStandby(view, step, context.deadline);
          return written.ok
            ? STEP_DONE
            : failure(CommandExit.ERROR, `it could not be set: ${written.reason}`);
        }
        case 'wait-until-left':
          return waitForOutcome(
            (now) => leftOutcome(now, step.scope, step.node, step.primaryToo),
            resource,
            timeoutSeconds,
            context,
          );
        case 'wait-until-back':
          return waitForOutcome((now) => backOutcome(now, step.node), resource, timeoutSeconds, context);
      }
    },
    recover: async ([first]) => {
      if (first === undefined) return 'nothing was changed';
      return first.kind === 'wait-until-left' || (first.kind === 'set' && first.on)
        ? `${first.node} stays in standby mode, and Pacemaker goes on moving things away; cls_unstandby_node ${first.node} undoes it`
        : `${first.node} is out of standby mode, and Pacemaker goes on by itself; cls_status --watch shows it, cls_standby_node ${first.node} undoes it`;
    },
  };
}

/** Once for good and, as `pcs node standby` and crm_standby know it too, once until the node's reboot. */
async function setStandby(
  view: ClusterView,
  { node, on }: Extract<StandbyStep, { kind: 'set' }>,
  deadline: Deadline,
): Promise<Written> {
  const transient = view.nodes.get(node)?.transient.has('standby');
  const cleared = transient
    ? await writeTransient([{ node, name: 'standby', value: undefined }], deadline)
    : DONE;
  if (!cleared.ok) return cleared;
  const value = on ? 'on' : 'off';
  return writeConfiguration(
    { permanent: [{ node, name: 'standby', value }], properties: [] },
    view,
    deadline,
  );
}
