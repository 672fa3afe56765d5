import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsResetMaster } from '../../lib/commands/reset-master/command.ts';

void runCommand(clsResetMaster);
