import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure } from '../plan.ts';

/** A step on a disk may throw (it is full, it is broken); what is left to do then is said as after any other failure. */
export const guarded =
  <Step>(execute: Executor<Step>['execute']): Executor<Step>['execute'] =>
  async (step, context) => {
    try {
      return await execute(step, context);
    } catch (error) {
      return failure(CommandExit.ERROR, error instanceof Error ? error.message : String(error));
    }
  };
