import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsStop } from '../../lib/commands/run-state/command.ts';

void runCommand(clsStop);
