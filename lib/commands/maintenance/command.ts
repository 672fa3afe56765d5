import { deadlineIn } from '../../system/clock.ts';
import {
  type CommandDeclaration,
  defineCommand,
  type Invocation,
  type OperandSpec,
} from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { type ActOptions, actOnRunState } from '../run-state/act.ts';
import type { RunStateSnapshot } from '../run-state/situation.ts';
import { decideMaintenance, decideUnmaintenance, type MaintenanceStep } from './decide.ts';
import { maintenanceExecutor, predict } from './execute.ts';
import type { Target } from './target.ts';

const OPTIONS = {
  resource: RESOURCE_OPTION,
  dryRun: DRY_RUN_OPTION,
  timeoutSeconds: timeoutOption(120),
} as const;

const LEAVING_OPTIONS = {
  ...OPTIONS,
  force: {
    kind: 'flag',
    long: 'force',
    short: 'f',
    description: 'Also if Pacemaker would stop or move something then.',
  },
} as const;

const acting =
  <O extends ActOptions>(
    name: string,
    decide: (snapshot: RunStateSnapshot, target: Target, options: O) => Promise<Verdict<MaintenanceStep>>,
  ) =>
  ({
    options,
    operands,
    terminal,
  }: Pick<Invocation<typeof OPTIONS>, 'operands' | 'terminal'> & {
    readonly options: O;
  }): Promise<CommandExitCode> =>
    actOnRunState(
      name,
      options,
      terminal,
      (snapshot) => decide(snapshot, { node: operands[0] }, options),
      ({ situation }) => maintenanceExecutor(situation, options.timeoutSeconds),
    );

const node = (required: boolean): OperandSpec => ({
  name: 'NODE',
  required,
  complete: 'node',
  description: required ? 'The node.' : 'The node; without it, the whole cluster.',
});

const entering = (name: string, needsNode: boolean): CommandDeclaration<typeof OPTIONS> =>
  defineCommand({
    name,
    summary: needsNode
      ? 'puts a node into maintenance mode'
      : 'puts the cluster, or a node of it, into maintenance mode',
    description:
      'Pacemaker then leaves everything there as it is: nothing is started, stopped, moved or watched, so that PostgreSQL can be worked on by hand. What runs goes on running. No failover takes place meanwhile.',
    options: OPTIONS,
    operands: [node(needsNode)],
    examples: [
      needsNode
        ? { command: `${name} node2`, explanation: 'Leave alone what runs on node2.' }
        : { command: name, explanation: 'Leave everything alone, as before an upgrade of Pacemaker.' },
    ],
    exitCodes: [0, 1, 10, 11, 100, 101, 102],
    run: acting(name, async (snapshot, target) => decideMaintenance(snapshot, target)),
  });

const leaving = (name: string, needsNode: boolean): CommandDeclaration<typeof LEAVING_OPTIONS> =>
  defineCommand({
    name,
    summary: needsNode
      ? 'takes a node out of maintenance mode'
      : 'takes the cluster, or a node of it, out of maintenance mode',
    description:
      'First has Pacemaker look at what runs in fact, since it does not see what was started or stopped by hand meanwhile, and asks it what it would do; looking makes it forget fail counts and failed actions. If it would stop, demote or move something, or make another node the primary, maintenance mode stays on, unless --force is given. Then it waits until there is a primary and every standby streams.',
    options: LEAVING_OPTIONS,
    operands: [node(needsNode)],
    examples: [
      { command: `${name}${needsNode ? ' node2' : ''}`, explanation: 'Back to normal.' },
      {
        command: `${name}${needsNode ? ' node2' : ''} --dry-run`,
        explanation: 'Show what Pacemaker would do, from what it knows without looking again.',
      },
    ],
    exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
    run: acting(name, async (snapshot, target, { force }: ActOptions & { readonly force: boolean }) => {
      const prediction = await predict(snapshot.situation.view, target, deadlineIn(PREDICTION_MS));
      return decideUnmaintenance(snapshot, target, prediction, force);
    }),
  });

const PREDICTION_MS = 10_000;

export const clsMaintenance = entering('cls_maintenance', false);
export const clsUnmaintenance = leaving('cls_unmaintenance', false);
export const clsMaintenanceNode = entering('cls_maintenance_node', true);
export const clsUnmaintenanceNode = leaving('cls_unmaintenance_node', true);
