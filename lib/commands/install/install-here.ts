import { dirname, isAbsolute, join, resolve } from 'node:path';
import { defineCommand } from '../cli/declaration.ts';
import { DRY_RUN_OPTION } from '../common-options.ts';
import { CommandExit } from '../exit-codes.ts';
import { type BuiltFile, builtFiles, installedSha256 } from './built-files.ts';
import { look, sha256 } from './on-node/look.ts';
import { put } from './on-node/put.ts';

/** `./install.sh agents` calls it: for packagers, and for machines that are set up one by one. */
export const installHere = defineCommand({
  name: 'install.sh agents',
  summary: 'installs the agents and commands on this machine alone',
  description:
    'Puts the agents below OCF_ROOT (/usr/lib/ocf unless the environment has another), the commands into ' +
    '/usr/local/bin, and manual pages, completion and templates beside them. No config.ini is needed.',
  options: {
    prefix: {
      kind: 'text',
      long: 'prefix',
      valueName: 'DIR',
      description: 'In front of every path, as packagers need it.',
    },
    dryRun: DRY_RUN_OPTION,
  },
  operands: [],
  examples: [{ command: './install.sh agents', explanation: 'This machine only.' }],
  exitCodes: [0, 1, 100],
  run: async ({ options: { prefix = '', dryRun }, terminal }) => {
    if (prefix !== '' && !isAbsolute(prefix)) {
      terminal.err(`install.sh: --prefix is "${prefix}": give an absolute path\n`);
      return CommandExit.ARGUMENTS;
    }
    const project = resolve(dirname(process.argv[1] ?? ''), '../..');
    const ocfRoot = process.env.OCF_ROOT || '/usr/lib/ocf';
    const files = builtFiles(join(project, 'dist'), join(project, 'templates'), ocfRoot).map(
      (file): BuiltFile => ({ ...file, target: prefix + file.target }),
    );
    const { files: there } = look({ targets: files.map(({ target }) => target), ocfRoot });
    const missing = files.filter(
      (file) =>
        there[file.target]?.sha256 !== installedSha256(file, process.execPath) ||
        there[file.target]?.mode !== file.mode,
    );
    try {
      if (!dryRun) put({ files: missing.map(putFile) });
    } catch (error) {
      terminal.err(`install.sh: ${error instanceof Error ? error.message : String(error)}\n`);
      return CommandExit.ERROR;
    }
    for (const { target } of missing) terminal.out(`${dryRun ? 'would install' : 'installed'} ${target}\n`);
    terminal.err(
      `install.sh: ${files.length - missing.length} of ${files.length} files were there already\n`,
    );
    return CommandExit.DONE;
  },
});

const putFile = ({ source, target, mode, content }: BuiltFile) => ({
  target,
  mode,
  content: { kind: 'file', path: source, sha256: sha256(content) } as const,
});
