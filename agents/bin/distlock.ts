import { runCommand } from '../../lib/commands/cli/run.ts';
import { distlock } from '../../lib/commands/distlock/command.ts';

void runCommand(distlock);
