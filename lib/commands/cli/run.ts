import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { parseArguments } from './arguments.ts';
import type { CommandDeclaration, OptionTable } from './declaration.ts';
import { helpText } from './help.ts';
import { processTerminal, type Terminal } from './terminal.ts';

/** Runs a command as this process, and ends the process with its code. */
export async function runCommand<T extends OptionTable>(command: CommandDeclaration<T>): Promise<void> {
  const terminal = processTerminal();
  const code = await invoke(command, process.argv.slice(2), terminal, process.geteuid?.() ?? 0);
  // What was printed into a pipe is not there yet; what still runs (a query without an answer) need not end.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
  );
  process.exit(code);
}

/** The same for any terminal and user; never throws. */
export async function invoke<T extends OptionTable>(
  command: CommandDeclaration<T>,
  argv: readonly string[],
  terminal: Terminal,
  effectiveUserId: number,
): Promise<CommandExitCode> {
  const parsed = parseArguments(command, argv);
  if (parsed.kind === 'help') {
    terminal.out(helpText(command));
    return CommandExit.DONE;
  }
  if (parsed.kind === 'wrong') {
    terminal.err(`${command.name}: ${parsed.sentence} (${command.name} --help tells what there is)\n`);
    return CommandExit.ARGUMENTS;
  }
  if (effectiveUserId !== 0 && command.anyUser !== true) {
    terminal.err(
      `${command.name}: must be run as root, since only root may ask Pacemaker and be the database's user\n`,
    );
    return CommandExit.ERROR;
  }
  try {
    return await command.run({ options: parsed.options, operands: parsed.operands, terminal });
  } catch (error) {
    terminal.err(
      `${command.name}: internal error: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return CommandExit.ERROR;
  }
}
