import { isRecordedPrimary } from '../../pgsql/decide/join.ts';
import { workAreaOf } from '../../postgres/work-area.ts';
import { divergenceOf } from '../node-data/divergence.ts';
import { primaryOf } from '../node-data/hurdles.ts';
import { describeLoss } from '../node-data/loss.ts';
import type { RebuildSnapshot } from './snapshot.ts';

/**
 * What the old data of this node hold that the primary does not have, in words: nobody else may have it. Pure.
 * @param isKept the old data are not removed
 */
export function lossWarnings(snapshot: RebuildSnapshot, isKept: boolean): readonly string[] {
  const { disk, primaryHistory, situation, config, installation, beyondFork, hasFresh, isSwitched } =
    snapshot;
  const { self, facts } = situation;
  const mark = disk.incomplete?.kind;
  const isCopy = mark === 'switching' && isSwitched && !hasFresh;
  // The copy is in place already; or these are data no more, and what was lost was said when that began.
  if (isCopy || disk.directory !== 'present' || mark === 'rewinding' || mark === 'copying') return [];
  const fate = isKept ? `will only be in ${workAreaOf(installation.pgdata).old}` : 'will be lost';
  const unseen = (why: string) => [
    `whether the data of ${self} hold writes that ${primaryOf(snapshot)} does not have cannot be seen (${why}); those ${fate}`,
  ];
  if (!disk.control.known) return unseen(disk.control.reason);
  if (!primaryHistory.known) return unseen(primaryHistory.reason);
  if (facts.unreadable !== undefined) return unseen(facts.unreadable.problem);
  if (!isRecordedPrimary(primaryHistory.value, facts.replInfo))
    return unseen(
      `the server at ${config.primaryHost} is not the primary that the cluster has recorded: ${facts.replInfoText}`,
    );
  const { systemIdentifier } = disk.control.value;
  if (systemIdentifier !== primaryHistory.value.systemIdentifier) {
    return [
      `the database of ${self} is no copy of the primary's (system identifier ${systemIdentifier}, there ${primaryHistory.value.systemIdentifier}): all that is in it ${fate}`,
    ];
  }
  const divergence = divergenceOf(disk.control.value, disk, primaryHistory.value);
  return divergence.kind === 'none' ? [] : [describeLoss(self, divergence, beyondFork, fate)];
}
