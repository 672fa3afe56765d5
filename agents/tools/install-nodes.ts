import { runCommand } from '../../lib/commands/cli/run.ts';
import { installNodes } from '../../lib/commands/install/install-nodes.ts';

void runCommand(installNodes);
