import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsStatus } from '../../lib/commands/status/command.ts';

void runCommand(clsStatus);
