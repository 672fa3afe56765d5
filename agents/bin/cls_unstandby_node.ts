import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsUnstandbyNode } from '../../lib/commands/standby/command.ts';

void runCommand(clsUnstandbyNode);
