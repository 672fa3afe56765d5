import { deadlineIn } from '../../system/clock.ts';
import { defineCommand } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION } from '../common-options.ts';
import { endStrays, exclusively } from '../node-data/exclusively.ts';
import { WAIT_OPTION } from '../node-data/options.ts';
import { conduct } from '../plan.ts';
import { decideRebuild } from './decide.ts';
import { rebuildExecutor } from './execute.ts';
import { NAME } from './job.ts';
import { observeRebuild } from './observe.ts';

/** To look at the cluster, the data and the primary. */
const OBSERVE_MS = 120_000;

export const clsRebuildSlave = defineCommand({
  name: NAME,
  summary: 'gives this node a new copy of the database, and makes it a standby',
  description:
    "Copies the primary's database (pg_basebackup) into a fresh directory beside the old one, puts it in its place only when it is complete, and waits until the standby streams. This node's own configuration files, its tablespaces and a separate directory of the log stay where they are. Run it again after whatever has broken it off: a copy that was being put in place is used, any other is removed, since it may be old, and pg_basebackup cannot go on from a part of one. Until a copy is in place as a whole, a mark keeps PostgreSQL from being started on the data. It refuses on the primary, and on a healthy standby without --force.",
  options: {
    resource: RESOURCE_OPTION,
    from: {
      kind: 'text',
      long: 'from',
      short: 'f',
      valueName: 'NODE',
      description: 'Copy from this standby, to spare the primary.',
    },
    inPlace: {
      kind: 'flag',
      long: 'in-place',
      description: 'Remove the old data first, where there is no room for both.',
    },
    keepOld: { kind: 'flag', long: 'keep-old', description: 'Keep the old data, in <pgdata>.repair/old.' },
    force: { kind: 'flag', long: 'force', description: 'Also on a standby that is healthy.' },
    dryRun: DRY_RUN_OPTION,
    timeoutSeconds: WAIT_OPTION,
  },
  operands: [],
  examples: [
    { command: `${NAME} --dry-run`, explanation: 'Show what would be done, and whether there is room.' },
    { command: `${NAME} --from node3`, explanation: 'A new copy, taken from the standby node3.' },
  ],
  exitCodes: [0, 1, 10, 11, 100, 101, 102],
  run: ({ options, terminal }) =>
    exclusively(NAME, { dryRun: options.dryRun, terminal }, async () => {
      const observed = await observeRebuild(options.resource, options, deadlineIn(OBSERVE_MS), terminal);
      if (!observed.ok) {
        terminal.err(`${NAME}: ${observed.sentence}\n`);
        return observed.code;
      }
      const { snapshot } = observed;
      if (!options.dryRun) await endStrays(snapshot.installation.pgdata);
      return conduct(decideRebuild(snapshot, options), rebuildExecutor(snapshot, options.timeoutSeconds), {
        name: NAME,
        terminal,
        dryRun: options.dryRun,
        deadline: deadlineIn(Number.POSITIVE_INFINITY),
      });
    }),
});
