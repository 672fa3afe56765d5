import { createHash } from 'node:crypto';
import { endInBackground, isKept, keepInBackground, runsInBackground } from '../../system/background.ts';
import { stateFile } from './lock.ts';

/** With this word in place of an action, the executable follows the cluster's events until it is ended. */
export const FOLLOW = 'follow-events';

const fileOf = (resource: string): string => stateFile(resource, '.follower');

/** The parameters of the resource: a follower has those that it was started with. */
const parametersNow = (): string => {
  const own = Object.entries(process.env).filter(
    ([name]) => name.startsWith('OCF_RESKEY_') && !name.startsWith('OCF_RESKEY_CRM_meta_'),
  );
  return createHash('sha256').update(JSON.stringify(own.sort())).digest('hex').slice(0, 16);
};

/** @returns whether it had to be started */
export const keepFollower = (resource: string): boolean =>
  keepInBackground(fileOf(resource), parametersNow(), [process.execPath, process.argv[1] ?? '', FOLLOW]);

/** A follower that was replaced, or is to end, must not carry out what its parameters want any more. */
export const isFollower = (resource: string): boolean => isKept(fileOf(resource));

/** Whether one runs on this machine. Root alone can tell: it throws for others. */
export const hasFollower = (resource: string): boolean => runsInBackground(fileOf(resource));

export const endFollower = (resource: string): void => endInBackground(fileOf(resource));
