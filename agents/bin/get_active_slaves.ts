import { getActiveSlaves } from '../../lib/commands/active-slaves/command.ts';
import { runCommand } from '../../lib/commands/cli/run.ts';

void runCommand(getActiveSlaves);
