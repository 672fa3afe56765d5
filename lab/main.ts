/** Entry of `npm run -s lab -- VERB`. */
import { parseCommand } from './cli/args.ts';
import { runCommand } from './cli/run.ts';
import { LabError, UsageError } from './failure.ts';

try {
  process.exitCode = await runCommand(parseCommand(process.argv.slice(2)));
} catch (error) {
  if (error instanceof UsageError || error instanceof LabError)
    process.stderr.write(`lab: ${error.message}\n`);
  else throw error;
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
