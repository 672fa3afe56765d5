import { runCommand } from '../../lib/commands/cli/run.ts';
import { installHere } from '../../lib/commands/install/install-here.ts';

void runCommand(installHere);
