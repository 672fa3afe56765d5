import { remainingMs } from '../../distlock/answer.ts';
import { beforeInit } from '../arbiter/before-init.ts';
import { foreignAlone, isOwnNode } from '../arbiter/foreign-owner.ts';
import { formatSeconds } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Failure, failure } from '../plan.ts';
import type { ResetSnapshot } from './observe.ts';

/**
 * With two nodes the arbiter stands in for the majority: is it there, and does it know of nobody who runs as the primary? Pure.
 */
export function objectionToLock(
  { situation, arbiter }: Pick<ResetSnapshot, 'situation' | 'arbiter'>,
  wanted: string | undefined,
): Failure | undefined {
  if (arbiter === undefined) return undefined;
  const { answer, lock } = arbiter;
  const { id } = situation.resource;
  if (wanted === undefined)
    return failure(
      CommandExit.ARGUMENTS,
      'enable_distlock is true, and the arbiter is told which node may go on: name it (cls_reset_master NODE)',
    );
  if (!answer.ok && answer.failure.kind === 'not-initialised')
    return failure(
      CommandExit.NOT_IN_STATE,
      `without the lock nobody is promoted: ${answer.failure.sentence}${beforeInit(situation)}`,
    );
  if (!answer.ok)
    return failure(
      CommandExit.NOT_IN_STATE,
      `without the lock nobody is promoted: ${answer.failure.sentence}; bring the arbiter back. If both it and the lost node are gone for good: switch that node off for certain, take it out of the cluster (docs/runbooks/two-nodes-lost.md, steps 3 and 4), and then do without the lock (pcs resource update ${id} enable_distlock=false), in this order: of two nodes one alone is no majority`,
    );
  const { state, alone } = answer.value;
  if (alone === undefined)
    return failure(
      CommandExit.NOT_IN_STATE,
      `the arbiter ${arbiter.where} has no row ${lock}#alone: make it with "distlock CONNINFO init ${lock}"${beforeInit(situation)}`,
    );
  if (isSync(situation) && alone.owner !== '' && !isOwnNode(situation, alone.owner))
    return failure(CommandExit.NOT_IN_STATE, foreignAlone(lock, alone.owner));
  const leftMs = remainingMs(state);
  if (state.owner === wanted || leftMs === 0) return undefined;
  if (!isOwnNode(situation, state.owner))
    return failure(
      CommandExit.NOT_IN_STATE,
      `${state.owner} has the lock ${lock}, and is no node of this cluster: another cluster uses the lock of this one; leave ${state.owner} as it is, give that cluster a lock of its own (distlock_lockname there), and try again`,
    );
  return failure(
    CommandExit.NOT_IN_STATE,
    `${state.owner} has the lock, and renewed it ${seconds(state.ageMs)} ago, so it may run as the primary where ${situation.self} does not see it: bring it back, or switch it off and try again in ${seconds(leftMs)}`,
  );
}

/** The row `#alone` is not yet that of the node which is to go on. */
export const mustBeNamed = ({ situation, arbiter }: ResetSnapshot, wanted: string): boolean =>
  isSync(situation) && arbiter?.answer.ok === true && arbiter.answer.value.alone?.owner !== wanted;

/** Who has gone on without a standby, and so holds writes that nobody else has; and for how long. */
export function wentAlone(
  { situation, arbiter }: ResetSnapshot,
  wanted: string | undefined,
): { readonly node: string; readonly sentence: string } | undefined {
  const alone = arbiter?.answer.ok && isSync(situation) ? arbiter.answer.value.alone : undefined;
  if (alone === undefined || alone.owner === '' || alone.owner === wanted) return undefined;
  return {
    node: alone.owner,
    sentence: `${alone.owner} went on without a standby ${seconds(alone.ageMs)} ago, by the arbiter: what it has acknowledged since then is on no other node`,
  };
}

const isSync = ({ resource }: ResetSnapshot['situation']): boolean => resource.parameters.rep_mode === 'sync';

const seconds = (ms: number): string => formatSeconds(Math.max(0, ms) / 1000);
