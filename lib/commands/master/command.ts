import { deadlineIn } from '../../system/clock.ts';
import { defineCommand } from '../cli/declaration.ts';
import { observeCluster } from '../cluster/observe-cluster.ts';
import { choosePgsqlResource } from '../cluster/pgsql-resource.ts';
import { RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { masterAnswer } from './decide.ts';

export const clsMaster = defineCommand({
  name: 'cls_master',
  summary: 'prints the name of the node that is the primary',
  description:
    'Prints one line, or nothing: then the reason is on standard error and the exit code is not 0. It only reads.',
  options: { resource: RESOURCE_OPTION, timeoutSeconds: timeoutOption(10) },
  operands: [],
  examples: [
    {
      command: 'test "$(cls_master)" = "$(crm_node --name)" && echo primary',
      explanation: 'Do something on the primary only.',
    },
  ],
  exitCodes: [0, 1, 10, 100, 101, 102],
  run: async ({ options, terminal }) => {
    const refuse = (code: CommandExitCode, reason: string): CommandExitCode => {
      terminal.err(`cls_master: ${reason}\n`);
      return code;
    };
    const cluster = await observeCluster(deadlineIn(options.timeoutSeconds * 1000));
    if (!cluster.known) {
      return refuse(CommandExit.NO_CLUSTER_INFORMATION, `no cluster information: ${cluster.reason}`);
    }
    const choice = choosePgsqlResource(cluster.value.primitives, options.resource);
    if (!choice.ok) return refuse(choice.code, choice.sentence);
    const answer = masterAnswer({ ...cluster.value, resource: choice.resource });
    if (!('primary' in answer)) return refuse(answer.code, answer.reason);
    terminal.out(`${answer.primary}\n`);
    return answer.code;
  },
});
