import type { Shell } from '../../config/index.ts';
import { deadlineIn } from '../../system/clock.ts';
import { findUser } from '../../system/os-user.ts';
import { defineCommand } from '../cli/declaration.ts';
import { withProgress } from '../cli/progress.ts';
import { DRY_RUN_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { conduct } from '../plan.ts';
import { decideSetup } from './decide.ts';
import { setupExecutor } from './execute.ts';
import { observeSetup } from './observe.ts';
import { readConfig, readDefinitionFile } from './prepare.ts';
import { writeDefinition } from './write.ts';

export const clsSetup = defineCommand({
  name: 'cls_setup',
  summary: 'loads the cluster definition that was made of config.ini',
  description:
    "Checks config.ini and the definition (config.pcs, or config.crm for crmsh), tries the definition on a copy of the cluster's configuration, backs the configuration up, and loads the new one in one transaction: whatever goes wrong, the cluster has the old configuration or the new one. Databases that run go on running; loading the same definition again changes nothing. What the definition does not speak of stays: other resources, constraints made by hand, and whether a resource is switched off. Run it on one node.",
  options: {
    config: {
      kind: 'text',
      long: 'config',
      short: 'c',
      valueName: 'FILE',
      complete: 'file',
      description: 'The config.ini; else the one in the current directory, else /etc/pha/config.ini.',
    },
    definition: {
      kind: 'text',
      long: 'definition',
      short: 'd',
      valueName: 'FILE',
      complete: 'file',
      description: 'The definition; else config.pcs (or config.crm) beside config.ini.',
    },
    shell: {
      kind: 'text',
      long: 'shell',
      valueName: 'SHELL',
      values: ['pcs', 'crm'],
      description: 'Which program the definition is written for: pcs (the default) or crmsh.',
    },
    write: {
      kind: 'text',
      long: 'write',
      short: 'w',
      valueName: 'FILE',
      complete: 'file',
      description: 'Only make the definition of config.ini, and write it.',
    },
    addressIsFree: {
      kind: 'flag',
      long: 'address-is-free',
      description: 'Do not ask the network whether somebody has the virtual addresses already.',
    },
    dryRun: DRY_RUN_OPTION,
    timeoutSeconds: timeoutOption(300),
  },
  operands: [
    {
      name: 'master',
      required: false,
      complete: 'node',
      description:
        'The node that is to be the first primary, while the cluster has no record of one. Its data must be the newest: nodes that hold more have to be repaired. Without a name, the node with the newest data.',
    },
  ],
  examples: [
    { command: 'cls_setup --dry-run', explanation: 'Show what loading would change.' },
    { command: 'cls_setup node1', explanation: 'Load the definition; node1 becomes the primary.' },
    {
      command: 'cls_setup --shell crm --write config.crm && cls_setup --shell crm',
      explanation: 'Where there is crmsh and no pcs, as on SUSE.',
    },
  ],
  exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
  run: async ({ options, operands, terminal }) => {
    const complain = (code: CommandExitCode, ...sentences: readonly string[]): CommandExitCode => {
      for (const sentence of sentences) terminal.err(`cls_setup: ${sentence}\n`);
      return code;
    };
    const shell: Shell = options.shell === 'crm' ? 'crm' : 'pcs';
    const user = findUser('root');
    if (user === undefined) return complain(CommandExit.ERROR, 'this machine has no user root');
    const deadline = deadlineIn(options.timeoutSeconds * 1000);
    const config = await readConfig({
      shell,
      ...(options.config === undefined ? {} : { configFile: options.config }),
    });
    if (!config.ok) return complain(config.code, ...config.sentences);
    complain(CommandExit.DONE, ...config.warnings.map((warning) => `warning: ${warning}`));

    if (options.write !== undefined) {
      const context = { shell, user, deadline, dryRun: options.dryRun };
      const { code, sentences } = await writeDefinition(options.write, config.value, context);
      if (code !== CommandExit.DONE) return complain(code, ...sentences);
      for (const sentence of sentences) terminal.out(`${sentence}\n`);
      return code;
    }

    const definition = readDefinitionFile(options.definition, config.value, shell);
    if (!definition.ok) return complain(definition.code, ...definition.sentences);
    complain(CommandExit.DONE, `with ${config.value.configFile} and ${definition.value.definitionFile}`);
    const abort = new AbortController();
    const stopListening = terminal.onInterrupt(() => abort.abort());
    const [master] = operands;
    const observed = await withProgress(terminal, 'trying the definition on a copy', (progress) =>
      observeSetup({
        ...config.value,
        ...definition.value,
        ...(master === undefined ? {} : { master }),
        addressIsFree: options.addressIsFree,
        user,
        deadline,
        progress,
        interrupted: abort.signal,
      }),
    ).finally(stopListening);
    if (abort.signal.aborted) return complain(CommandExit.ERROR, 'interrupted; nothing was changed');
    if (!observed.ok) return complain(observed.code, observed.sentence);
    const verdict = decideSetup(observed.snapshot);
    // What a dry run shows, a real one says as well, before it begins.
    if (verdict.kind === 'plan' && !options.dryRun) terminal.out(`${verdict.plan.purpose}\n`);
    return conduct(verdict, setupExecutor(observed.snapshot, user, options.timeoutSeconds), {
      name: 'cls_setup',
      terminal,
      dryRun: options.dryRun,
      deadline,
    });
  },
});
