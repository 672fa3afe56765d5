import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsRebuildSlave } from '../../lib/commands/rebuild/command.ts';

void runCommand(clsRebuildSlave);
