import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsMaintenance } from '../../lib/commands/maintenance/command.ts';

void runCommand(clsMaintenance);
