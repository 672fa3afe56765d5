import { deadlineIn } from '../../system/clock.ts';
import { canAsk, consents } from '../cli/consent.ts';
import { defineCommand } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import { CommandExit } from '../exit-codes.ts';
import { conduct } from '../plan.ts';
import { decideReset } from './decide.ts';
import { resetExecutor } from './execute.ts';
import { observeForReset } from './observe.ts';

const NAME = 'cls_reset_master';

export const clsResetMaster = defineCommand({
  name: NAME,
  summary: 'forgets the recorded primary, or names the next one',
  description:
    'For the case that nobody is promoted because the recorded primary is lost for good: the record of who is primary (REPL_INFO) and all data statuses are emptied, and the node that is named, or else the one with the newest data, is promoted on a new timeline. Writes that the lost primary acknowledged and that this node lacks are lost; what is known of them is said first.\n' +
    'It refuses while a primary runs (cls_online_switch is for that), without quorum, and when another node holds more than the one named. If the lost primary comes back later, it is refused as diverged, as is every standby that followed it further than the new primary did; cls_repair_by_pg_rewind repairs them. So that they can be told apart, the new primary opens a timeline that the lost one cannot have used.\n' +
    'With enable_distlock the node must be named. The arbiter stands in for the majority: it must answer, and nobody may have the lock; it is told that of all nodes only this one may be promoted (the row LOCK#alone).',
  options: {
    resource: RESOURCE_OPTION,
    timeoutSeconds: timeoutOption(120),
    dryRun: DRY_RUN_OPTION,
    yes: {
      kind: 'flag',
      long: 'yes',
      short: 'y',
      description: 'Consent to the loss of acknowledged writes. Without it a terminal is asked.',
    },
  },
  operands: [{ name: 'NODE', required: false, description: 'The node that is to be the next primary.' }],
  examples: [
    {
      command: 'cls_reset_master --dry-run node2',
      explanation: 'What would be lost if node2 went on without the lost primary?',
    },
    { command: 'cls_reset_master --yes node2', explanation: 'Decide so.' },
  ],
  exitCodes: [0, 1, 10, 11, 100, 101, 102],
  run: async ({ options, operands, terminal }) => {
    const observed = await observeForReset(options.resource, deadlineIn(options.timeoutSeconds * 1000));
    if (!observed.ok) {
      terminal.err(`${NAME}: ${observed.sentence}\n`);
      return observed.code;
    }
    const { snapshot } = observed;
    const verdict = decideReset(snapshot, operands[0]);
    if (verdict.kind === 'plan' && verdict.mayLose === true && !options.dryRun && !options.yes) {
      for (const warning of verdict.plan.warnings) terminal.err(`${NAME}: warning: ${warning}\n`);
      if (!canAsk()) {
        terminal.err(`${NAME}: acknowledged writes may be lost: give --yes to consent\n`);
        return CommandExit.ARGUMENTS;
      }
      if (!(await consents(`${verdict.plan.purpose} Acknowledged writes may be lost.`))) {
        terminal.err(`${NAME}: not consented; nothing has changed\n`);
        return CommandExit.ERROR;
      }
    }
    return conduct(verdict, resetExecutor(snapshot.situation), {
      name: NAME,
      terminal,
      dryRun: options.dryRun,
      deadline: deadlineIn(options.timeoutSeconds * 1000),
    });
  },
});
