import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsUnmaintenanceNode } from '../../lib/commands/maintenance/command.ts';

void runCommand(clsUnmaintenanceNode);
