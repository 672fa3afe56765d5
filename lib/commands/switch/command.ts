import { queryResourceTree } from '../../pacemaker/query.ts';
import { deadlineIn } from '../../system/clock.ts';
import { defineCommand } from '../cli/declaration.ts';
import type { Terminal } from '../cli/terminal.ts';
import { DRY_RUN_OPTION, JSON_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import { conduct } from '../plan.ts';
import { observeStatus } from '../status/observe.ts';
import { decideSwitch } from './decide.ts';
import { switchExecutor } from './execute.ts';
import { endingInJson, type SwitchReport } from './report.ts';

const NAME = 'cls_online_switch';

export const clsOnlineSwitch = defineCommand({
  name: NAME,
  summary: 'makes a standby the primary, without losing a write',
  description:
    'Names a standby as the successor; the agent of the primary then hands over with its next monitor: it makes the node its synchronous standby if it is not (rep_mode sync), and has Pacemaker promote it. The primary is shut down in good order, so that the successor has every write, and comes back as its standby. Writes stop for about two seconds; how long exactly is measured and printed.\n' +
    'Any standby that streams and is at most 16 MB behind can be named; other nodes may be down as long as there is quorum. Without a node the synchronous standby takes over, or the one with the best score.\n' +
    'If the successor cannot be promoted, the old primary goes on. No location constraint is made: whenever this command dies, nothing is left that could move the primary later than half a minute after.',
  options: {
    resource: RESOURCE_OPTION,
    timeoutSeconds: timeoutOption(120),
    dryRun: DRY_RUN_OPTION,
    json: {
      ...JSON_OPTION,
      description:
        'End with one JSON object: the exit code, its meaning, what was said, and after a switch who is the primary and for how long writes were stopped.',
    },
  },
  operands: [{ name: 'NODE', required: false, description: 'The standby that is to be the primary.' }],
  examples: [
    {
      command: 'cls_online_switch node2',
      explanation: 'Before maintenance of the node that is the primary now.',
    },
    { command: 'cls_online_switch --dry-run', explanation: 'Which standby would take over, and may it?' },
  ],
  exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
  run: ({ options, operands, terminal }) => {
    const switchOver = async (
      terminal: Terminal,
      onReport: (report: SwitchReport) => void,
    ): Promise<CommandExitCode> => {
      const deadline = deadlineIn(options.timeoutSeconds * 1000);
      const seen = await observeStatus(options.resource, deadline);
      if (!seen.ok) {
        terminal.err(`${NAME}: ${seen.sentence}\n`);
        return seen.code;
      }
      const { snapshot } = seen;
      const tree = await queryResourceTree(deadline);
      return conduct(
        decideSwitch(snapshot, operands[0], tree.known ? tree.value : undefined),
        switchExecutor(snapshot, onReport),
        { name: NAME, terminal, dryRun: options.dryRun, deadline },
      );
    };
    return options.json ? endingInJson(NAME, terminal, switchOver) : switchOver(terminal, () => {});
  },
});
