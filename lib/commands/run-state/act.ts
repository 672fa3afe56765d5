import { deadlineIn } from '../../system/clock.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import { conduct, type Executor, type Verdict } from '../plan.ts';
import { observeRunState } from './observe.ts';
import type { RunStateSnapshot } from './situation.ts';

export interface ActOptions {
  readonly resource: string | undefined;
  readonly dryRun: boolean;
  readonly timeoutSeconds: number;
}

/** What every command does that changes how the cluster's resources run: look, decide, show or carry out. */
export async function actOnRunState<Step>(
  name: string,
  options: ActOptions,
  terminal: Terminal,
  decide: (snapshot: RunStateSnapshot) => Verdict<Step> | Promise<Verdict<Step>>,
  executorFor: (snapshot: RunStateSnapshot) => Executor<Step>,
): Promise<CommandExitCode> {
  const deadline = deadlineIn(options.timeoutSeconds * 1000);
  const observed = await observeRunState(options.resource, deadline);
  if (!observed.ok) {
    terminal.err(`${name}: ${observed.sentence}\n`);
    return observed.code;
  }
  const { snapshot } = observed;
  const verdict = await decide(snapshot);
  return conduct(verdict, executorFor(snapshot), { name, terminal, dryRun: options.dryRun, deadline });
}
