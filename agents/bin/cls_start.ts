import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsStart } from '../../lib/commands/run-state/command.ts';

void runCommand(clsStart);
