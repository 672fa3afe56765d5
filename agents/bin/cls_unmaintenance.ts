import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsUnmaintenance } from '../../lib/commands/maintenance/command.ts';

void runCommand(clsUnmaintenance);
