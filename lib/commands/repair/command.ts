import { deadlineIn } from '../../system/clock.ts';
import { defineCommand } from '../cli/declaration.ts';
import { DRY_RUN_OPTION, RESOURCE_OPTION } from '../common-options.ts';
import { endStrays, exclusively } from '../node-data/exclusively.ts';
import { WAIT_OPTION } from '../node-data/options.ts';
import { conduct } from '../plan.ts';
import { decideRepair } from './decide.ts';
import { NAME, repairExecutor } from './execute.ts';
import { observeRepair } from './observe.ts';

/** To look at the cluster, the data and the primary. */
const OBSERVE_MS = 120_000;

export const clsRepairByPgRewind = defineCommand({
  name: NAME,
  summary: 'makes an old primary whose data have diverged a standby again, by pg_rewind',
  description:
    "Run it on the node whose start failed with 'diverged from …'. It says what will be lost: what this node wrote after the new primary had left its timeline. It then recovers the server if it crashed, rewinds its data to the primary's history, keeps this node's own configuration files, and waits until the standby streams. It refuses on the primary, on a healthy standby, and where pg_rewind cannot help. If pg_rewind fails half-way, the node is marked, PostgreSQL is not started on these data by anybody, and cls_rebuild_slave makes a new copy.",
  options: { resource: RESOURCE_OPTION, dryRun: DRY_RUN_OPTION, timeoutSeconds: WAIT_OPTION },
  operands: [],
  examples: [
    { command: `${NAME} --dry-run`, explanation: 'Show what will be lost and what would be done.' },
    { command: NAME, explanation: 'Repair this node.' },
  ],
  exitCodes: [0, 1, 10, 11, 100, 101, 102],
  run: ({ options, terminal }) =>
    exclusively(NAME, { dryRun: options.dryRun, terminal }, async () => {
      const observed = await observeRepair(options.resource, deadlineIn(OBSERVE_MS), terminal);
      if (!observed.ok) {
        terminal.err(`${NAME}: ${observed.sentence}\n`);
        return observed.code;
      }
      const { snapshot } = observed;
      if (!options.dryRun) await endStrays(snapshot.installation.pgdata);
      return conduct(decideRepair(snapshot), repairExecutor(snapshot, options.timeoutSeconds), {
        name: NAME,
        terminal,
        dryRun: options.dryRun,
        deadline: deadlineIn(Number.POSITIVE_INFINITY),
      });
    }),
});
