import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsOnlineSwitch } from '../../lib/commands/switch/command.ts';

void runCommand(clsOnlineSwitch);
