import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsStandbyNode } from '../../lib/commands/standby/command.ts';

void runCommand(clsStandbyNode);
