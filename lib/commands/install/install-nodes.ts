import { dirname, join, resolve } from 'node:path';
import {
  checkOnThisMachine,
  configMessage,
  inLineOrder,
  makeDefinition,
  observeFromAnywhere,
  parseConfigIni,
  type Shell,
} from '../../config/index.ts';
import { type Deadline, deadlineIn } from '../../system/clock.ts';
import { readTextIfExists } from '../../system/files.ts';
import { defineCommand } from '../cli/declaration.ts';
import { readNamedFile } from '../cli/named-file.ts';
import type { Terminal } from '../cli/terminal.ts';
import { DRY_RUN_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { carryOut, planText } from '../plan.ts';
import { decide, fileList } from './decide.ts';
import { installExecutor } from './execute.ts';
import { observe, type Sources } from './observe.ts';
import { openReach } from './reach/connection.ts';
import { summary } from './summary.ts';

/** `./install.sh` calls it as `dist/tools/install-nodes`; it is of no use on a node, and not installed there. */
export const installNodes = defineCommand({
  name: 'install.sh',
  summary: 'installs pha on every node that config.ini names, and writes the cluster definition',
  description:
    'Copies the agents, the commands and config.ini to each node (ssh and scp, as root; this machine directly), puts the ' +
    "replication password into the .pgpass of the database's user, and writes config.pcs beside config.ini. A node has " +
    'all of the new files or none. A node that cannot be reached is named, and the others are finished. At a terminal, ssh ' +
    'may ask for a password, once for each node.',
  options: {
    config: {
      kind: 'text',
      long: 'config',
      short: 'c',
      valueName: 'FILE',
      description: 'config.ini; beside install.sh unless told.',
    },
    shell: {
      kind: 'text',
      long: 'shell',
      valueName: 'pcs|crm',
      values: ['pcs', 'crm'],
      description: 'Write the definition for pcs (config.pcs) or for crmsh (config.crm). Default: pcs.',
    },
    dryRun: DRY_RUN_OPTION,
    timeoutSeconds: timeoutOption(600),
  },
  operands: [],
  examples: [
    { command: './install.sh', explanation: 'With config.ini beside it: install everywhere.' },
    { command: './install.sh --dry-run', explanation: 'Which files are missing or differ, on which node.' },
  ],
  exitCodes: [0, 1, 100],
  run: async ({ options, terminal }) => {
    const shell = options.shell === 'crm' ? 'crm' : 'pcs';
    const project = resolve(dirname(process.argv[1] ?? ''), '../..');
    const configPath = resolve(options.config ?? join(project, 'config.ini'));
    const deadline = deadlineIn(options.timeoutSeconds * 1000);
    const read = await readSources({ project, configPath, shell, deadline });
    for (const sentence of read.complaints) terminal.err(`install.sh: ${sentence}\n`);
    return read.sources === undefined
      ? (read.code ?? CommandExit.ERROR)
      : install(read.sources, { program: read.program, terminal, deadline, dryRun: options.dryRun });
  },
});

interface Question {
  /** The folder of install.sh. */
  readonly project: string;
  readonly configPath: string;
  readonly shell: Shell;
  readonly deadline: Deadline;
}

interface ReadSources {
  /** Problems, and what is merely worth knowing. */
  readonly complaints: readonly string[];
  /** If there is nothing to go on with. */
  readonly code?: CommandExitCode;
  readonly program: string;
  readonly sources?: Sources;
}

/** Reads and checks what lies beside install.sh, all of it before any node is asked. */
async function readSources({ project, configPath, shell, deadline }: Question): Promise<ReadSources> {
  const templates = join(project, 'templates');
  const program = readTextIfExists(join(project, 'dist/tools/on-node.js'));
  const named = readNamedFile(configPath);
  const stop = (...complaints: string[]): ReadSources => ({ complaints, program: '' });
  if (program === undefined) return stop(`${project}/dist is not complete: run npm run build there`);
  const wrongArgument = (complaint: string): ReadSources => ({
    ...stop(complaint),
    code: CommandExit.ARGUMENTS,
  });
  if (!named.ok) return wrongArgument(named.objection);
  if (named.text === undefined) {
    return wrongArgument(
      `there is no ${configPath}: copy a config.ini.sample of ${templates} there, and change it`,
    );
  }
  const parsed = parseConfigIni(named.text);
  const config = parsed.ok ? parsed.config : parsed.partial;
  const question = { configFile: configPath, templateFolders: [templates], shell };
  const check = checkOnThisMachine(config, await observeFromAnywhere(config, question));
  const problems = [...(parsed.ok ? [] : parsed.problems), ...check.problems];
  const complaints = inLineOrder([...problems, ...check.warnings]).map((each) =>
    configMessage(configPath, each),
  );
  // One without an address is not reached, as one that is off: the others are finished.
  const isInTheWay = parsed.ok ? check.problems.some(({ about }) => about !== 'unresolved-node') : true;
  if (isInTheWay) return stop(...complaints);
  const sources: Sources = {
    config,
    configText: named.text,
    dist: join(project, 'dist'),
    templates,
    definitionPath: join(dirname(configPath), `config.${shell}`),
    makeDefinition: () => makeDefinition(config, { ...question, deadline }),
  };
  return { complaints, program, sources };
}

async function install(
  sources: Sources,
  { program, terminal, deadline, dryRun }: InstallRun,
): Promise<CommandExitCode> {
  const abort = new AbortController();
  const { signal: interrupted } = abort;
  const stopListening = terminal.onInterrupt(() => abort.abort());
  const reach = openReach({ program, leavesNoTrace: dryRun, interrupted });
  try {
    const mayAsk = process.stdin.isTTY === true;
    const snapshot = await observe(sources, reach, { terminal, mayAsk, deadline, interrupted });
    const { verdict, left } = decide(snapshot);
    if (interrupted.aborted) {
      terminal.err('install.sh: interrupted; nothing was changed\n');
      return CommandExit.ERROR;
    }
    if (verdict.kind !== 'plan') {
      terminal.err(`install.sh: ${verdict.sentence}\n`);
      return verdict.kind === 'refused' ? verdict.code : CommandExit.DONE;
    }
    const failed = new Set(left.map(({ node }) => node));
    const isDone = (): boolean => failed.size === 0 && snapshot.definition.made?.ok !== false;
    const executor = installExecutor(reach, (node, problem) => {
      failed.add(node);
      terminal.err(`install.sh: ${node}: ${problem}\n`);
    });
    if (dryRun) {
      terminal.out(planText(verdict.plan, executor) + fileList(verdict.plan.steps));
      return isDone() ? CommandExit.DONE : CommandExit.ERROR;
    }
    const code = await carryOut('install.sh', verdict.plan, executor, terminal, deadline);
    if (code !== CommandExit.DONE) return code;
    terminal.out(summary(snapshot, [...failed]));
    return isDone() ? CommandExit.DONE : CommandExit.ERROR;
  } finally {
    stopListening();
    await reach.close();
  }
}

interface InstallRun {
  readonly program: string;
  readonly terminal: Terminal;
  readonly deadline: Deadline;
  readonly dryRun: boolean;
}
