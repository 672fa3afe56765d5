import { runCommand } from '../../lib/commands/cli/run.ts';
import { clsDoctor } from '../../lib/commands/doctor/command.ts';

void runCommand(clsDoctor);
