import type { Deadline } from '../system/clock.ts';
import type { Progress } from './cli/progress.ts';
import { withProgress } from './cli/progress.ts';
import type { Terminal } from './cli/terminal.ts';
import { CommandExit, type CommandExitCode } from './exit-codes.ts';

/**
 * What a command makes of its snapshot: pure data, so that `--dry-run` shows exactly what would be carried out, and a
 * test needs no cluster. `Step` is a discriminated union of the command's own.
 */
export type Verdict<Step> =
  | { readonly kind: 'refused'; readonly code: CommandExitCode; readonly sentence: string }
  /** Everything is as it should be already. */
  | { readonly kind: 'nothing-to-do'; readonly sentence: string }
  | { readonly kind: 'plan'; readonly plan: Plan<Step> };

export interface Plan<Step> {
  /** One sentence: what will be so when it is done. */
  readonly purpose: string;
  /** What the operator should know before, such as what will be lost. */
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
}

export type StepResult = Success | Failure;

export interface Success {
  readonly ok: true;
  /** What came of it, for standard output, where the plan's purpose does not say it. */
  readonly sentence?: string;
}

export interface Failure {
  readonly ok: false;
  readonly code: CommandExitCode;
  /** What went wrong, with the values, and what to do. */
  readonly sentence: string;
}

export const failure = (code: CommandExitCode, sentence: string): Failure => ({ ok: false, code, sentence });

export const STEP_DONE: StepResult = { ok: true };

export interface StepContext {
  readonly progress: Progress;
  readonly deadline: Deadline;
  /** Aborted on Ctrl-C. A step that can stop half-way does; one that cannot goes on to its end. */
  readonly interrupted: AbortSignal;
}

export interface Executor<Step> {
  /** What the step does, in the infinitive without `to`: `take the standby out of service`. */
  readonly describe: (step: Step) => string;
  readonly execute: (step: Step, context: StepContext) => Promise<StepResult>;
  /**
   * Puts back what the steps begun so far have changed, after a failure or an interruption. Says in one sentence what
   * it did or what is left to do.
   */
  readonly recover: (begun: readonly Step[], context: Omit<StepContext, 'interrupted'>) => Promise<string>;
}

/** What `--dry-run` prints. */
export function planText<Step>({ purpose, warnings, steps }: Plan<Step>, executor: Executor<Step>): string {
  return [
    purpose,
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...steps.map((step, i) => `  ${i + 1}. ${executor.describe(step)}`),
    '',
  ].join('\n');
}

export interface Conduct {
  /** The command's, for its messages. */
  readonly name: string;
  readonly terminal: Terminal;
  readonly dryRun: boolean;
  readonly deadline: Deadline;
}

/** From the verdict to the exit code: says why not, shows the plan, or carries it out. */
export async function conduct<Step>(
  verdict: Verdict<Step>,
  executor: Executor<Step>,
  { name, terminal, dryRun, deadline }: Conduct,
): Promise<CommandExitCode> {
  switch (verdict.kind) {
    case 'refused':
      terminal.err(`${name}: ${verdict.sentence}\n`);
      return verdict.code;
    case 'nothing-to-do':
      terminal.out(`${verdict.sentence}\n`);
      return CommandExit.DONE;
    case 'plan':
      if (!dryRun) return carryOut(name, verdict.plan, executor, terminal, deadline);
      terminal.out(planText(verdict.plan, executor));
      return CommandExit.DONE;
  }
}

/**
 * Carries out a plan step by step, with progress. On a failure, also one that is thrown, or Ctrl-C the executor's `recover` is called once.
 * `name` is the command's, for its messages.
 */
export async function carryOut<Step>(
  name: string,
  plan: Plan<Step>,
  executor: Executor<Step>,
  terminal: Terminal,
  deadline: Deadline,
): Promise<CommandExitCode> {
  for (const warning of plan.warnings) terminal.err(`${name}: warning: ${warning}\n`);
  const abort = new AbortController();
  const stopListening = terminal.onInterrupt(() => abort.abort());
  const begun: Step[] = [];
  try {
    for (const step of plan.steps) {
      if (!abort.signal.aborted) {
        begun.push(step);
        const title = executor.describe(step);
        const result = await withProgress(terminal, title, (progress) =>
          attempt(title, () => executor.execute(step, { progress, deadline, interrupted: abort.signal })),
        );
        if (result.ok) {
          if (result.sentence !== undefined) terminal.out(`${result.sentence}\n`);
          continue;
        }
        if (!abort.signal.aborted) {
          terminal.err(`${name}: ${result.sentence}\n`);
          terminal.err(`${name}: ${await recovered(executor, begun, terminal, deadline)}\n`);
          return result.code;
        }
      }
      terminal.err(`${name}: interrupted; ${await recovered(executor, begun, terminal, deadline)}\n`);
      return CommandExit.ERROR;
    }
    return CommandExit.DONE;
  } finally {
    stopListening();
  }
}

/** What a step throws (a disk is full, a file is not what it should be) is a failure as any other: what is left to do is said. */
async function attempt(title: string, execute: () => Promise<StepResult>): Promise<StepResult> {
  try {
    return await execute();
  } catch (error) {
    return failure(CommandExit.ERROR, `could not ${title}: ${messageOf(error)}`);
  }
}

const recovered = <Step>(
  executor: Executor<Step>,
  begun: readonly Step[],
  terminal: Terminal,
  deadline: Deadline,
): Promise<string> =>
  withProgress(terminal, 'seeing what is left to do', async (progress) => {
    try {
      return await executor.recover(begun, { progress, deadline });
    } catch (error) {
      return `what is left to do could not be found out: ${messageOf(error)}; cls_status tells how the cluster is, and this command can be run again`;
    }
  });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
