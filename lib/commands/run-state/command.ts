import { type CommandDeclaration, defineCommand, type Invocation } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { actOnRunState } from './act.ts';
import { decideStart, decideStop, type RunStateStep } from './decide.ts';
import { runStateExecutor } from './execute.ts';
import type { RunStateSnapshot } from './situation.ts';

const OPTIONS = {
  resource: RESOURCE_OPTION,
  dryRun: DRY_RUN_OPTION,
  timeoutSeconds: timeoutOption(300),
} as const;

const running =
  (name: string, decide: (snapshot: RunStateSnapshot) => Verdict<RunStateStep>) =>
  ({ options, terminal }: Invocation<typeof OPTIONS>): Promise<CommandExitCode> =>
    actOnRunState(name, options, terminal, decide, ({ situation }) =>
      runStateExecutor(situation.resource, options.timeoutSeconds),
    );

const WHICH =
  'That is what RESOURCE_LIST in /etc/pha/config.ini names; without it, the pgsql resource and what depends on it by constraints, such as the VIPs. A name in it that the cluster does not have is said; a list that does not name the database is not used, and that is said, too.';

export const clsStart: CommandDeclaration<typeof OPTIONS> = defineCommand({
  name: 'cls_start',
  summary: "starts the cluster's resources, and waits until all is well",
  description: `Switches on what cls_stop has switched off, in one change of the cluster's configuration, and waits until there is a primary and every standby streams. ${WHICH} Interrupted at any point, the cluster goes on starting by itself. Pacemaker itself must run (pcs cluster start --all).`,
  options: OPTIONS,
  operands: [],
  examples: [
    { command: 'cls_start', explanation: 'Start the databases and their addresses.' },
    { command: 'cls_start --dry-run', explanation: 'Show what would be started.' },
  ],
  exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
  run: running('cls_start', decideStart),
});

export const clsStop: CommandDeclaration<typeof OPTIONS> = defineCommand({
  name: 'cls_stop',
  summary: "stops the cluster's resources on all nodes, and waits until they are",
  description: `Switches the resources off in one change of the cluster's configuration; Pacemaker then demotes the primary and stops all servers in good order, and Pacemaker and Corosync go on running. ${WHICH} The cluster remembers who was the primary, and cls_start makes it the primary again. Interrupted at any point, the cluster goes on stopping by itself, and cls_start undoes it.`,
  options: OPTIONS,
  operands: [],
  examples: [
    { command: 'cls_stop', explanation: 'Stop the databases and their addresses.' },
    { command: 'cls_stop --dry-run', explanation: 'Show what would be stopped.' },
  ],
  exitCodes: [0, 1, 10, 11, 100, 101, 102],
  run: running('cls_stop', decideStop),
});
