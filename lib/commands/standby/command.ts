import { defineCommand, type Invocation, type OperandSpec } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import type { CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { actOnRunState } from '../run-state/act.ts';
import type { RunStateSnapshot } from '../run-state/situation.ts';
import { decideStandby, decideUnstandby, type StandbyStep } from './decide.ts';
import { standbyExecutor } from './execute.ts';

const OPTIONS = {
  resource: RESOURCE_OPTION,
  dryRun: DRY_RUN_OPTION,
  timeoutSeconds: timeoutOption(180),
} as const;

const NODE: OperandSpec = { name: 'NODE', required: true, complete: 'node', description: 'The node.' };

const act = (
  name: string,
  { options, operands, terminal }: Pick<Invocation<typeof OPTIONS>, 'options' | 'operands' | 'terminal'>,
  decide: (snapshot: RunStateSnapshot, node: string) => Verdict<StandbyStep>,
): Promise<CommandExitCode> =>
  actOnRunState(
    name,
    options,
    terminal,
    (snapshot) => decide(snapshot, operands[0] ?? ''),
    ({ situation }) => standbyExecutor(situation, options.timeoutSeconds),
  );

export const clsStandbyNode = defineCommand({
  name: 'cls_standby_node',
  summary: 'takes a node out of service: nothing runs there any more',
  description:
    'Pacemaker stops what runs on the node or moves it elsewhere, and starts nothing there until cls_unstandby_node. If the node is the primary, its server is shut down in good order, so that its standbys have every write, and the one with the highest promotion score takes over; if nobody may, this is refused. The node itself and its cluster software go on running.',
  options: {
    ...OPTIONS,
    force: {
      kind: 'flag',
      long: 'force',
      short: 'f',
      description: 'Also if the node is the primary and nobody may take over.',
    },
  },
  operands: [NODE],
  examples: [
    { command: 'cls_standby_node node2', explanation: 'Before the machine is rebooted or upgraded.' },
    { command: 'cls_standby_node node1 --dry-run', explanation: 'Show who would take over.' },
  ],
  exitCodes: [0, 1, 10, 11, 100, 101, 102],
  run: (invocation) =>
    act('cls_standby_node', invocation, (snapshot, node) =>
      decideStandby(snapshot, node, invocation.options.force),
    ),
});

export const clsUnstandbyNode = defineCommand({
  name: 'cls_unstandby_node',
  summary: 'puts a node into service again, and waits until it streams',
  description:
    'Undoes cls_standby_node. It does not move the primary back: a node that was the primary comes back as a standby, unless no other node is the primary.',
  options: OPTIONS,
  operands: [NODE],
  examples: [{ command: 'cls_unstandby_node node2', explanation: 'When the machine is well again.' }],
  exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
  run: (invocation) => act('cls_unstandby_node', invocation, decideUnstandby),
});
