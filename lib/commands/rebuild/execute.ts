import { query } from '../../postgres/client.ts';
import { outpostPlaces } from '../../postgres/outposts.ts';
import { dropSlotSql } from '../../postgres/statements.ts';
import { readMark } from '../../postgres/work-area.ts';
import { within } from '../../system/clock.ts';
import { pathKind } from '../../system/files.ts';
import { removeTrees } from '../../system/trees.ts';
import { primaryAddress } from '../database/addresses.ts';
import { CommandExit } from '../exit-codes.ts';
import {
  afterTheStart,
  letPacemakerStart,
  type OldFailures,
  startTitle,
  waitForStandby,
} from '../node-data/bring-back.ts';
import { heldBack } from '../node-data/hurdles.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { copyBeside } from './copy.ts';
import type { RebuildStep } from './decide.ts';
import { jobOf, NAME } from './job.ts';
import { replaceData, switchData } from './put-in-place.ts';
import type { RebuildSnapshot } from './snapshot.ts';

const SQL_MS = 30_000;

export function rebuildExecutor(snapshot: RebuildSnapshot, timeoutSeconds: number): Executor<RebuildStep> {
  const { resource, self } = snapshot.situation;
  const { pgdata, owner, area, outposts } = jobOf(snapshot);
  const oldPlaces = [area.old, ...outposts.map((each) => outpostPlaces(each).old)];
  const held = heldBack(snapshot);
  let old: OldFailures = new Set();

  const describe = (step: RebuildStep): string => {
    switch (step.kind) {
      case 'copy':
        return `copy the database from ${step.from} beside the old one`;
      case 'switch':
        return `put the copy in place of ${pgdata}`;
      case 'replace':
        return `remove the old data and copy the database from ${step.from} to ${pgdata}`;
      case 'drop-slot':
        return `drop the slot ${step.slot} on the primary, which has lost what it was to keep (it is made anew)`;
      case 'start':
        return startTitle(held);
      case 'wait':
        return 'wait for recovery complete';
      case 'remove-old':
        return 'remove the old data';
    }
  };

  const execute = async (step: RebuildStep, context: StepContext): Promise<StepResult> => {
    switch (step.kind) {
      case 'copy':
        return copyBeside(snapshot, context);
      case 'switch':
        return switchData(snapshot, context);
      case 'replace':
        return replaceData(snapshot, context);
      case 'drop-slot': {
        const address = primaryAddress(resource, owner);
        if (address === undefined) return failure(CommandExit.ERROR, 'master_ip is not configured');
        const result = await query(address, dropSlotSql(step.slot), within(context.deadline, SQL_MS));
        return result.ok
          ? STEP_DONE
          : failure(
              CommandExit.ERROR,
              `the slot ${step.slot} could not be dropped: ${result.failure.message}`,
            );
      }
      case 'start': {
        const result = await letPacemakerStart(resource, self, context, held);
        old = result.old;
        return result;
      }
      case 'wait': {
        const result = await waitForStandby(resource, old, timeoutSeconds, context);
        // Pacemaker may have noticed after the start only that the server was stopped without its doing.
        if (result.ok && snapshot.server.state === 'running')
          await letPacemakerStart(resource, self, context);
        return result;
      }
      case 'remove-old': {
        const stuck = await removeTrees([...oldPlaces, area.directory], owner, context.interrupted);
        return stuck === undefined
          ? STEP_DONE
          : failure(
              CommandExit.ERROR,
              `the standby is well, but its old data could not be removed: ${stuck}`,
            );
      }
    }
  };

  return {
    describe,
    execute,
    recover: async (begun, context) => {
      const last = begun.at(-1)?.kind;
      if (readMark(pgdata, owner) !== undefined) {
        // The agent refuses the start, and says in crm_mon and cls_status what is to be done.
        await letPacemakerStart(resource, self, context);
        return `this node stays out of the cluster until ${NAME} is run here again; it goes on where it was`;
      }
      if (last === 'copy') return 'nothing has been changed on this node';
      if (last === 'switch' || last === 'replace') await letPacemakerStart(resource, self, context);
      if (last === 'remove-old') {
        const left = oldPlaces.filter((path) => pathKind(path) !== 'missing');
        return left.length === 0
          ? 'the standby is well, and its old data are removed'
          : `the standby is well; remove by hand what is left of its old data: rm -r ${left.join(' ')}`;
      }
      const old = pathKind(area.old) === 'missing' ? '' : `; what was replaced is in ${area.old}`;
      return `${afterTheStart(held)}${old}`;
    },
  };
}
