/** The way back: a standby is recorded as lost before commits stop waiting for it (invariant 2). */
import type { SyncNames } from '../../postgres/sync-names.ts';
import { DataStatus } from '../names.ts';
import type { Step } from '../steps.ts';
import { reason } from './decision.ts';
import { withLosses } from './flapping.ts';
import { dataStatusOf, describeSender, isStreaming } from './standby-view.ts';
import { type SyncInput, type SyncPlan, setNames, settled, union, withoutProof } from './sync-plan.ts';
import { isUnconfirmed } from './unconfirmed.ts';

/** A server that was just started gives the standbys of before this time to find it again. */
const RETURN_GRACE_MS = 5_000;

/** Invariant 2: first the record, then its confirmation by a majority, then the release. Each step needs the one before. */
export const planToRelease = (
  input: SyncInput,
  released: readonly string[],
  kept: readonly string[],
  instead: string | undefined,
): SyncPlan => {
  const lost = input.standbys.filter((s) => released.includes(s.name));
  const dataStatus = Object.fromEntries(
    lost.filter((s) => s.inCluster).map((s) => [s.name, dataStatusOf(s, [], kept)]),
  );
  const names: SyncNames = kept.length > 0 ? { kind: 'all', nodes: kept } : { kind: 'none' };
  const inCluster = Object.keys(dataStatus);
  const describe = lost.map((s) => `${s.name} (${describeSender(s)})`).join(', ') || released.join(', ');
  const steps: Step[] = [];
  if (inCluster.length > 0)
    steps.push({ kind: 'record', dataStatus }, { kind: 'confirm', dataStatus, notSync: inCluster });
  else steps.push({ kind: 'confirm', dataStatus: {}, notSync: released });
  return {
    reasons: [
      reason(
        instead === undefined ? 'sync.degrade' : 'sync.release',
        instead === undefined
          ? released.length === 0
            ? 'no standby streams: commits go on without waiting'
            : `no standby is left to wait for: ${describe} may not take over, and commits go on without waiting`
          : `${describe} may not take over, commits wait for ${instead} alone`,
        instead === undefined && released.length > 0 ? 'warn' : 'info',
      ),
    ],
    steps: [...steps, ...setNames(input, names)],
    marked: kept.filter((name) =>
      input.standbys.some((s) => s.name === name && s.dataStatus === DataStatus.sync),
    ),
    waitedFor: kept,
    again: undefined,
    memory: withLosses(
      withoutProof(input.memory),
      lost.filter((s) => !isStreaming(s)).map((s) => s.name),
      input.uptimeMs,
    ),
  };
};

export const planWithoutStandby = (
  input: SyncInput,
  waited: readonly string[],
  marked: readonly string[],
): SyncPlan => {
  if (input.degrade === 'never') {
    const members = input.standbys.filter((s) => s.inCluster);
    const any = (members.length > 0 ? members : input.standbys).map((s) => s.name);
    const waitsForNobody = input.waiting.kind === 'none' || isUnconfirmed(input.waiting);
    if (waitsForNobody && any.length > 0)
      return {
        reasons: [
          reason(
            'sync.wait-for-any',
            'no standby streams, and sync_degrade=never: commits wait until one does',
            'warn',
          ),
        ],
        steps: setNames(input, { kind: 'any', nodes: any }),
        marked,
        waitedFor: [],
        again: undefined,
        memory: withoutProof(input.memory),
      };
    return settled(
      input,
      marked,
      waited,
      reason(
        'sync.hold',
        `no standby streams, and sync_degrade=never: commits wait for ${waited.join(', ') || 'the next standby'}`,
        'warn',
      ),
    );
  }
  const released = union(waited, marked);
  if (waited.length > 0 && input.serverAgeMs < RETURN_GRACE_MS)
    return {
      ...settled(
        input,
        marked,
        waited,
        reason(
          'sync.await-return',
          `PostgreSQL has just started: commits wait for ${waited.join(', ')} to come back`,
        ),
      ),
      again: `${waited.join(', ')} to come back`,
    };
  if (released.length > 0 || input.waiting.kind !== 'none')
    return planToRelease(input, released, [], undefined);
  return settled(
    input,
    marked,
    waited,
    reason('sync.alone', 'no standby streams: commits wait for none', 'debug'),
  );
};
