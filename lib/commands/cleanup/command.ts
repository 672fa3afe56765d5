import { defineCommand } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION, timeoutOption } from '../common-options.ts';
import { actOnRunState } from '../run-state/act.ts';
import { decideCleanup } from './decide.ts';
import { cleanupExecutor } from './execute.ts';

export const clsCleanup = defineCommand({
  name: 'cls_cleanup',
  summary: 'has Pacemaker forget failures and try again, unless a node must be repaired first',
  description:
    'Forgets the failures of the database and of what depends on it, on one node or on all, and waits until all is well. A node whose data have diverged from the primary, or that lacks WAL which the primary no longer has, would only fail again: it is named with the command that repairs it, and left alone.',
  options: {
    resource: RESOURCE_OPTION,
    node: {
      kind: 'text',
      long: 'node',
      short: 'n',
      valueName: 'NODE',
      complete: 'node',
      description: 'Only what failed there.',
    },
    force: {
      kind: 'flag',
      long: 'force',
      short: 'f',
      description: 'Also where a node must be repaired first.',
    },
    dryRun: DRY_RUN_OPTION,
    timeoutSeconds: timeoutOption(120),
  },
  operands: [],
  examples: [
    { command: 'cls_cleanup', explanation: 'After the cause of a failure is gone.' },
    { command: 'cls_cleanup --node node2', explanation: 'Only what failed on node2.' },
  ],
  exitCodes: [0, 1, 2, 10, 11, 100, 101, 102],
  run: ({ options, terminal }) =>
    actOnRunState(
      'cls_cleanup',
      options,
      terminal,
      (snapshot) => decideCleanup(snapshot, options),
      ({ situation }) => cleanupExecutor(situation, options.timeoutSeconds),
    ),
});
