import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsRealserver } from '../../lib/commands/realserver/command.ts';

void runCommand(clsRealserver);
