import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsRepairByPgRewind } from '../../lib/commands/repair/command.ts';

void runCommand(clsRepairByPgRewind);
