import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsSetup } from '../../lib/commands/setup/command.ts';

void runCommand(clsSetup);
