import type { Lsn } from '../../postgres/lsn.ts';
import { formatLsn } from '../../postgres/lsn.ts';
import type { ReplicationSettings } from '../../postgres/settings.ts';
import type { SyncNames } from '../../postgres/sync-names.ts';
import type { Memory } from '../memory.ts';
import { DataStatus } from '../names.ts';
import type { Step } from '../steps.ts';
import { chooseSynchronous } from './choose-standby.ts';
import { type Reason, reason } from './decision.ts';
import { withLosses } from './flapping.ts';
import { dataStatusOf, describeSender, isStreaming, type Standby } from './standby-view.ts';

export interface SyncInput {
  readonly degrade: 'allow' | 'never';
  /** in the order of node_list, those outside the cluster last */
  readonly standbys: readonly Standby[];
  /** what the server waits for now */
  readonly waiting: SyncNames;
  readonly walInsert: Lsn;
  /** the checkpointer has taken over the present synchronous_standby_names: see `proofOfWaiting` */
  readonly checkpointerSettled: boolean;
  readonly settings: (names: SyncNames) => ReplicationSettings;
  readonly pid: number;
  /** of the server, since it was started */
  readonly serverAgeMs: number;
  readonly uptimeMs: number;
  readonly memory: Memory;
}

export interface SyncPlan {
  readonly reasons: readonly Reason[];
  readonly steps: readonly Step[];
  /** nodes that may take over once the steps are done */
  readonly marked: readonly string[];
  readonly waitedFor: readonly string[];
  /** something is under way that a further look can finish */
  readonly again: string | undefined;
  readonly memory: Memory;
}

/** A server that was just started gives the standbys of before this time to find it again. */
const RETURN_GRACE_MS = 5_000;

/**
 * Chooses the synchronous standby and moves there in steps, each of which keeps:
 *
 * - Invariant 1: every node that is marked `STREAMING|SYNC` is waited for on every commit, and has flushed past the
 *   position at which that waiting began.
 * - Invariant 2: a node is dropped from synchronous_standby_names only after a majority of the cluster has recorded
 *   that it may not take over.
 *
 * So the names only ever grow by the new standby first (make), and lose the old one last (break): while the change
 * is under way commits wait for both, and there is always one that may take over.
 */
export const planSync = (input: SyncInput): SyncPlan => {
  const marked = input.standbys.filter((s) => s.dataStatus === DataStatus.sync).map((s) => s.name);
  const waited = input.waiting.kind === 'all' ? input.waiting.nodes : [];
  const strays = marked.filter((name) => !waited.includes(name));
  if (strays.length > 0) return planToUnmark(input, strays, marked, waited);
  const want = chooseSynchronous(input, waited, marked);
  if (want === undefined) return planWithoutStandby(input, waited, marked);
  if (!waited.includes(want.name)) return planToWaitFor(input, want, waited, marked);
  if (!marked.includes(want.name)) return planToMark(input, want, waited, marked);
  const others = union(waited, marked).filter((name) => name !== want.name);
  if (others.length > 0) return planToRelease(input, others, [want.name], want.name);
  return settled(input, marked, waited, reason('sync.steady', `commits wait for ${want.name}`, 'debug'));
};

const settled = (
  input: SyncInput,
  marked: readonly string[],
  waitedFor: readonly string[],
  ...reasons: Reason[]
): SyncPlan => ({ reasons, steps: [], marked, waitedFor, again: undefined, memory: input.memory });

/** A mark without waiting breaks invariant 1. The agent never leaves one behind; somebody changed names or attributes by hand. */
const planToUnmark = (
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
        `${strays.join(', ')} is recorded as ${DataStatus.sync} but commits do not wait for it: it may not take over`,
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
const planToWaitFor = (
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
 * WAL inserted up to the position noted then may have been acknowledged without waiting; the standby must flush past it.
 */
const planToMark = (
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
          `commits wait for ${want.name} from ${formatLsn(input.walInsert)} on`,
          'debug',
        ),
      ],
      steps: [],
      again: `${want.name} to flush past ${formatLsn(input.walInsert)}`,
      memory: { ...input.memory, waitingSince: { nodes, position: input.walInsert } },
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

/** Invariant 2: first the record, then its confirmation by a majority, then the release. Each step needs the one before. */
const planToRelease = (
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
          ? `no standby streams any more: ${describe} may not take over, and commits go on without waiting`
          : `${describe} may not take over, commits wait for ${instead} alone`,
        instead === undefined ? 'warn' : 'info',
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

const planWithoutStandby = (
  input: SyncInput,
  waited: readonly string[],
  marked: readonly string[],
): SyncPlan => {
  if (input.degrade === 'never') {
    const members = input.standbys.filter((s) => s.inCluster);
    const any = (members.length > 0 ? members : input.standbys).map((s) => s.name);
    if (input.waiting.kind === 'none' && any.length > 0)
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

const setNames = (input: SyncInput, names: SyncNames): Step[] => [
  { kind: 'configure', settings: input.settings(names), standby: false },
  { kind: 'reload', pid: input.pid },
];

export const withoutProof = ({ waitingSince: _, ...rest }: Memory): Memory => rest;

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
