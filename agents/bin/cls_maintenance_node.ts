import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsMaintenanceNode } from '../../lib/commands/maintenance/command.ts';

void runCommand(clsMaintenanceNode);
