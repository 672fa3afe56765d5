import { formatSyncNames } from '../postgres/sync-names.ts';
import { DataStatus } from './names.ts';
import { formatReplInfo } from './repl-info.ts';
import type { Step } from './steps.ts';

/** What a log line says of a step. */
export const describeStep = (step: Step): string => {
  switch (step.kind) {
    case 'publish':
      return step.changes.map((c) => `${c.name} of ${c.node} = ${c.value ?? '(removed)'}`).join(', ');
    case 'record': {
      const statuses = Object.entries(step.dataStatus).map(
        ([node, value]) => `data status of ${node} = ${value}`,
      );
      return [
        ...statuses,
        ...(step.replInfo ? [`REPL_INFO = ${formatReplInfo(step.replInfo)}`] : []),
        ...(step.usedTimeline === undefined ? [] : [`USED_TIMELINE = ${step.usedTimeline}`]),
      ].join(', ');
    }
    case 'confirm':
      return `confirmed by a majority${step.notSync.length > 0 ? `: ${step.notSync.join(', ')} not ${DataStatus.sync}` : ''}`;
    case 'takeLock':
      return 'the lock is taken';
    case 'goAlone':
      return 'the arbiter knows that commits wait for no standby';
    case 'endAlone':
      return 'the arbiter knows that commits wait for a standby again';
    case 'inheritAlone':
      return `the arbiter knows that ${step.from} is a standby of this node`;
    case 'awaitNames':
      return `commits would wait for ${formatSyncNames(step.names) || 'nobody'}`;
    case 'nameDatabase':
      return `the arbiter knows that the lock is of the database ${step.systemIdentifier}`;
    case 'renewLock':
      return 'the lock is renewed';
    case 'guard':
      return 'the deadline of the guard is moved';
    case 'giveBack':
      return 'the lock is given back';
    case 'watch':
      return `the end of PostgreSQL (pid ${step.pid}) is watched for`;
    case 'endWatch':
      return 'the end of PostgreSQL is not watched for any more';
    case 'reserve':
      return `timelines ${step.from} to ${step.through} are not to be opened`;
    case 'createSlots':
    case 'dropSlots':
      return `${step.kind} ${step.names.join(', ')}`;
    default:
      return step.kind;
  }
};
