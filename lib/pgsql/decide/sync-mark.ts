/** The way to a synchronous standby: commits wait for it, then it has everything, then it is marked (invariant 1). */
import { formatLsn } from '../../postgres/lsn.ts';
import { DataStatus } from '../names.ts';
import { reason } from './decision.ts';
import { dataStatusOf, type Standby } from './standby-view.ts';
import { type SyncInput, type SyncPlan, setNames, settled, union, withoutProof } from './sync-plan.ts';
import { planToRelease } from './sync-release.ts';

/**
 * A mark without waiting breaks invariant 1. The agent never leaves one behind: somebody changed names or attributes by hand, or
 * the CIB is an older one, of before the arbiter was told that commits go on without this standby.
 */
export const planToUnmark = (
  input: SyncInput,
  strays: readonly string[],
  marked: readonly string[],
  waited: readonly string[],
): SyncPlan => {
  const left = marked.filter((name) => !strays.includes(name));
  const unmarked = input.standbys.filter((s) => strays.includes(s.name));
  return {
    reasons: [
      reason(
        'sync.unmark-stray',
        `${strays.join(', ')} is recorded as ${DataStatus.sync}, but ${input.marksProveNothing ? 'the arbiter has it that commits have gone on without it' : 'commits do not wait for it'}: it may not take over`,
        'warn',
      ),
    ],
    steps: [
      {
        kind: 'record',
        dataStatus: Object.fromEntries(unmarked.map((s) => [s.name, dataStatusOf(s, left, waited)])),
      },
    ],
    marked: left,
    waitedFor: waited,
    again: 'the record of it',
    memory: withoutProof(input.memory),
  };
};

/** The names of a set that must not be touched yet are kept by every step that is not a release. */
export const planToWaitFor = (
  input: SyncInput,
  want: Standby,
  waited: readonly string[],
  marked: readonly string[],
): SyncPlan => {
  const next = union(waited, [want.name]);
  const why = waited.length > 0 ? `, beside ${waited.join(', ')}` : '';
  return {
    reasons: [
      reason(
        'sync.wait-for',
        `${want.name} streams and becomes the synchronous standby: commits wait for it${why}`,
      ),
    ],
    steps: setNames(input, { kind: 'all', nodes: next }),
    marked,
    waitedFor: next,
    again: `PostgreSQL to wait for ${want.name} on every commit`,
    memory: withoutProof(input.memory),
  };
};

/**
 * The proof that every commit waits (invariant 1). `sync_state = sync` shows that the WAL sender has the new names;
 * backends skip waiting until the checkpointer has set the shared flag `sync_standbys_defined`, which it does when it
 * handles the reload: not in the middle of a checkpoint's fsync. Seen in its main loop or its write delay, it has.
 * Source: PostgreSQL's src/backend/replication/syncrep.c (SyncRepWaitForLSN, SyncRepUpdateSyncStandbysDefined).
 * A backend flushes its commit, then looks at the flag: what may have been acknowledged without waiting was flushed
 * before that moment, and the standby must flush past it. (Not past what was inserted: an idle server may leave its last
 * record unflushed for long.)
 */
export const planToMark = (
  input: SyncInput,
  want: Standby,
  waited: readonly string[],
  marked: readonly string[],
): SyncPlan => {
  const nodes = waited.join(' ');
  const since = input.memory.waitingSince;
  const flushed = want.sender?.flushLsn;
  // A node that is marked and waited for proves that the flag has been set since then.
  const flagIsSet =
    input.checkpointerSettled || waited.some((name) => name !== want.name && marked.includes(name));
  const waitsForIt = want.sender?.syncState === 'sync' && flagIsSet;
  const base = { marked, waitedFor: waited };
  if (!waitsForIt)
    return {
      ...base,
      reasons: [
        reason(
          'sync.not-waiting-yet',
          `PostgreSQL does not wait for ${want.name} on every commit yet`,
          'debug',
        ),
      ],
      steps: [],
      again: `PostgreSQL to wait for ${want.name} on every commit`,
      memory: withoutProof(input.memory),
    };
  if (since === undefined || since.nodes !== nodes)
    return {
      ...base,
      reasons: [
        reason(
          'sync.waiting-began',
          `commits wait for ${want.name} from ${formatLsn(input.walFlush)} on`,
          'debug',
        ),
      ],
      steps: [],
      again: `${want.name} to flush past ${formatLsn(input.walFlush)}`,
      memory: { ...input.memory, waitingSince: { nodes, position: input.walFlush } },
    };
  if (flushed === undefined || flushed < since.position)
    return {
      ...base,
      reasons: [
        reason(
          'sync.not-caught-up',
          `${want.name} has flushed ${flushed === undefined ? 'an unknown position' : formatLsn(flushed)} and is not past ${formatLsn(since.position)} yet, where the waiting began`,
          'debug',
        ),
      ],
      steps: [],
      again: `${want.name} to flush past ${formatLsn(since.position)}`,
      memory: input.memory,
    };
  if (!want.inCluster) return planAroundOutsider(input, want, waited, marked);
  if (input.isRowUnknown)
    return settled(
      input,
      marked,
      waited,
      reason('sync.mark-later', `${want.name} is marked when the arbiter can be told so`, 'debug'),
    );
  return {
    reasons: [
      reason(
        'sync.mark',
        `${want.name} may take over: commits wait for it since ${formatLsn(since.position)} and it has flushed ${formatLsn(flushed)}`,
      ),
    ],
    steps: [{ kind: 'record', dataStatus: { [want.name]: DataStatus.sync } }],
    marked: union(marked, [want.name]),
    waitedFor: waited,
    again:
      waited.length > 1 ? `the release of ${waited.filter((n) => n !== want.name).join(', ')}` : undefined,
    memory: input.memory,
  };
};

/** A standby outside the cluster is never marked: it keeps the writes safe, but cannot take over. */
const planAroundOutsider = (
  input: SyncInput,
  want: Standby,
  waited: readonly string[],
  marked: readonly string[],
): SyncPlan => {
  const others = union(waited, marked).filter((name) => name !== want.name);
  return others.length > 0
    ? planToRelease(input, others, [want.name], want.name)
    : settled(
        input,
        marked,
        waited,
        reason(
          'sync.outside',
          `commits wait for ${want.name}, outside the cluster: no node may take over`,
          'warn',
        ),
      );
};
