import { deadlineIn } from '../../system/clock.ts';
import { defineCommand } from '../cli/declaration.ts';
import { watch } from '../cli/watch.ts';
import { RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import { statusFrame } from './frame.ts';
import { observeStatus } from './observe.ts';

const EXIT_CODES = [0, 1, 2, 10, 100, 101, 102] as const;

export const clsStatus = defineCommand({
  name: 'cls_status',
  summary: 'shows the cluster, the database on each node, and what is wrong',
  description:
    "Prints what crm_mon -Afr1 prints and the line of the recorded primary, then a table of the database: role, status, timeline, position, and how far each standby is behind. With enable_distlock the lock follows: who has it, how long the lease lasts, who reaches the arbiter, and the last changes. Where reads are spread (ocf:pha:lvsdr), the director and its servers follow, each with its state and why; connections are known on the director only. Below stands what is wrong, each with the command that helps. '-' means that a value is not known. It only reads.",
  options: {
    resource: RESOURCE_OPTION,
    json: { kind: 'flag', long: 'json', short: 'j', description: 'Print the same as JSON.' },
    watch: { kind: 'flag', long: 'watch', short: 'w', description: 'Look again and again until Ctrl-C.' },
    intervalSeconds: {
      kind: 'seconds',
      long: 'interval',
      short: 'n',
      description: 'Seconds between two looks of --watch.',
      default: 2,
      min: 0.1,
      max: 3600,
    },
    timeoutSeconds: timeoutOption(10),
  },
  operands: [],
  examples: [
    { command: 'cls_status', explanation: 'The whole picture.' },
    { command: 'cls_status --watch', explanation: 'The same, every 2 seconds.' },
    {
      command: "cls_status --json | jq -r '.problems[].sentence'",
      explanation: 'What is wrong, for a script.',
    },
  ],
  exitCodes: EXIT_CODES,
  run: async ({ options, terminal }) => {
    const look = async () => {
      const observation = await observeStatus(options.resource, deadlineIn(options.timeoutSeconds * 1000));
      return statusFrame(observation, options.json ? (options.watch ? 'json-line' : 'json') : 'text');
    };
    if (options.watch) {
      return watch(terminal, options.intervalSeconds * 1000, async () => {
        const frame = await look();
        if (frame.complaint !== '' && !terminal.isScreen) terminal.err(`cls_status: ${frame.complaint}\n`);
        return frame;
      });
    }
    const frame = await look();
    terminal.out(frame.text);
    if (frame.complaint !== '') terminal.err(`cls_status: ${frame.complaint}\n`);
    return frame.code;
  },
});
