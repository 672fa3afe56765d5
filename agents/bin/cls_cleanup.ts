import { clsCleanup } from '../../lib/commands/cleanup/command.ts';
import { runCommand } from '../../lib/commands/cli/run.ts';

void runCommand(clsCleanup);
