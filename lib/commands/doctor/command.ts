import { deadlineIn } from '../../system/clock.ts';
import { readStandardInput } from '../../system/standard-input.ts';
import { defineCommand } from '../cli/declaration.ts';
import { withProgress } from '../cli/progress.ts';
import type { Terminal } from '../cli/terminal.ts';
import { enumerate } from '../cli/text.ts';
import { JSON_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { FACTS_MARK, parseAssignment } from './assignment.ts';
import { examineThisNode } from './facts/node-facts.ts';
import { type Observation, observeDoctor } from './observe.ts';
import { reportLines } from './render.ts';
import { doctorReport } from './report.ts';

/** How long the node that asks may take to say what it wants to know. */
const ASKING_MS = 2_000;

export const clsDoctor = defineCommand({
  name: 'cls_doctor',
  summary: 'finds what is wrong with a cluster, or with one that is to be, and says how to mend it',
  description:
    "Examines every node: PostgreSQL's settings and files, the replication login from each node to each other, Corosync, fencing, names, clocks, virtual addresses, the spreading of reads, the arbiter, secrets, versions, disks, and what was left behind in Pacemaker. Each finding has its fix in the line below. An error puts writes, their safety, the next failover or all reads through a read VIP at stake; errors alone make the exit code 1. Before cls_setup it examines the future cluster of config.ini. Other nodes are reached by ssh as root; one that cannot be reached without a password is named, and the rest goes on. It only reads.",
  options: {
    resource: RESOURCE_OPTION,
    config: {
      kind: 'text',
      long: 'config',
      short: 'c',
      valueName: 'FILE',
      complete: 'file',
      description:
        'Examine the cluster that this config.ini describes. Without it: the cluster that runs; if that has no database yet, /etc/pha/config.ini.',
    },
    verbose: {
      kind: 'flag',
      long: 'verbose',
      short: 'v',
      description: 'Also name the checks that found nothing.',
    },
    json: JSON_OPTION,
    nodeFacts: {
      kind: 'flag',
      long: 'node-facts',
      description:
        'For cls_doctor on another node: reads from standard input what to look at, and prints the facts of this node as JSON.',
    },
    timeoutSeconds: timeoutOption(15),
  },
  operands: [],
  examples: [
    { command: 'cls_doctor', explanation: 'Is everything as it should be?' },
    {
      command: 'cls_doctor --config ./config.ini',
      explanation: 'Before cls_setup: is everything there that the cluster will need?',
    },
    {
      command: `cls_doctor --json | jq -r '.entries[] | select(.severity=="error") | .sentence'`,
      explanation: 'The errors, for a script.',
    },
  ],
  exitCodes: [0, 1, 100, 101],
  run: async ({ options, terminal }) => {
    const deadline = deadlineIn(options.timeoutSeconds * 1000);
    if (options.nodeFacts) return printNodeFacts(terminal, options.timeoutSeconds);
    const observation = await observing(terminal, (waitingFor) =>
      observeDoctor(options, deadline, waitingFor),
    );
    if (!observation.ok) {
      terminal.err(`cls_doctor: ${observation.sentence}\n`);
      return observation.code;
    }
    const report = doctorReport(observation.situation);
    const lines = options.json
      ? [JSON.stringify(report, null, 2)]
      : reportLines(report, options.verbose, terminal.isScreen ? terminal.size().columns : undefined);
    terminal.out(lines.map((line) => `${line}\n`).join(''));
    return report.code;
  },
});

/** On a screen, which nodes have not answered yet; a script that is told nothing else gets no lines of that. */
const observing = (
  terminal: Terminal,
  observe: (waitingFor: (nodes: readonly string[]) => void) => Promise<Observation>,
): Promise<Observation> =>
  terminal.screen === undefined
    ? observe(() => {})
    : withProgress(terminal, 'examining the nodes', ({ state }) =>
        observe((nodes) => state(`waiting for ${enumerate(nodes)}`)),
      );

async function printNodeFacts(terminal: Terminal, timeoutSeconds: number): Promise<CommandExitCode> {
  const assignment = parseAssignment((await readStandardInput(deadlineIn(ASKING_MS))) ?? '');
  if (assignment === undefined) {
    terminal.err('cls_doctor: --node-facts is for cls_doctor of the same version on another node\n');
    return CommandExit.ARGUMENTS;
  }
  const facts = await examineThisNode(assignment, deadlineIn(timeoutSeconds * 1000));
  terminal.out(`\n${FACTS_MARK}${JSON.stringify(facts)}\n`);
  return CommandExit.DONE;
}
