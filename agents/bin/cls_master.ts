import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsMaster } from '../../lib/commands/master/command.ts';

void runCommand(clsMaster);
