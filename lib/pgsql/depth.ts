import type { NotifyContext } from '../pacemaker/notify.ts';
import { isRefusal } from '../postgres/failure.ts';
import type { Timeline } from '../postgres/lsn.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import type { PgsqlConfig } from './config.ts';
import { provenPosition } from './decide/join.ts';
import { isSealed } from './decide/seal.ts';
import type { Asking } from './lock/facts.ts';
import type { Memory } from './memory.ts';
import { positionOf } from './position.ts';
import type { Disk, Server } from './snapshot.ts';

/** What Pacemaker calls the agent for. */
export type CallKind = 'start' | 'stop' | 'monitor' | 'promote' | 'demote' | 'notify';

/** How much one look reads: only as much as the rules that can fire now need. `control`: of the disk the control file alone. */
export type Depth = 'shallow' | 'control' | 'primary' | 'deep';

/** A probe asks it only where it may find the primary of record: see decide/probe.ts. */
export const asksCluster = (
  { isProbe }: { readonly isProbe: boolean },
  isRunning: boolean,
  { standbySignal }: Pick<Disk, 'standbySignal'>,
): boolean => !isProbe || (isRunning && !standbySignal);

/** A monitor of a healthy server starts two processes. */
export const depthOf = (
  { kind, isProbe }: { readonly kind: CallKind; readonly isProbe: boolean },
  server: Server,
  replicated: boolean,
): Depth => {
  if (!replicated || isProbe) return 'shallow';
  if (server.state === 'stopped') return kind === 'monitor' || kind === 'stop' ? 'shallow' : 'deep';
  // What it is, primary or standby, a server that lets nobody in does not say; a signal file that somebody put there proves nothing.
  if (!server.answer.ok)
    return (kind === 'monitor' || kind === 'notify') && isRefusal(server.answer.failure)
      ? 'control'
      : 'shallow';
  if (!server.answer.value.inRecovery) return 'primary';
  return kind === 'monitor' && isReceiving(server) ? 'shallow' : 'deep';
};

/**
 * Is the recorded primary asked for its history? A primary that has just gone does not answer, and an operation that waits
 * for it holds up the election. So it is asked where it must be there (a standby starts), or when this node has been
 * without it for a whole monitor interval, or has sealed itself.
 */
export const asksPrimary = (
  { kind, self }: { readonly kind: CallKind; readonly self: string },
  memory: Memory,
  server: Server,
  { replInfo, status }: ClusterFacts,
): boolean =>
  replInfo !== undefined &&
  replInfo.node !== self &&
  status(replInfo.node) === 'PRI' &&
  !isReceiving(server) &&
  (kind === 'start' ||
    kind === 'demote' ||
    (kind === 'monitor' && (memory.withoutPrimary.count > 0 || hasSealedItself(server))));

/** A primary renews with each monitor; who may come to need the lock looks who has it. */
export const askingOf = (
  { kind, isProbe }: { readonly kind: CallKind; readonly isProbe: boolean },
  memory: Memory,
  isRunning: boolean,
  { standbySignal }: Pick<Disk, 'standbySignal'>,
): Asking => {
  if (memory.holdsLock) return 'renew';
  if (kind === 'start' || kind === 'promote') return 'look';
  if (kind !== 'monitor' || isProbe || !isRunning) return 'nothing';
  return standbySignal ? 'look' : 'renew';
};

/** Does this look ask who takes connections at the primary's address? Another node is about to be promoted: see sealsBeforePromotion. */
export const looksAtAddress = (
  { kind, self, notify, round }: AddressLook,
  { standbySignal }: Pick<Disk, 'standbySignal'>,
): boolean =>
  kind === 'notify' &&
  round === 0 &&
  standbySignal &&
  notify?.type === 'pre' &&
  notify.operation === 'promote' &&
  !notify.promote.includes(self);

interface AddressLook {
  readonly kind: CallKind;
  readonly self: string;
  readonly notify: NotifyContext | undefined;
  readonly round: number;
}

const IN_PASSING_MS = 300;

/**
 * After a promotion Pacemaker starts the write VIP, where the primary is asked, when all standbys have been notified, and a node's
 * notification waits for its monitor. So the first monitors do not wait for an answer that they themselves hold up. A node that
 * has sealed itself does: it must know who answers there.
 */
export const patienceWithPrimaryMs = (
  { kind }: { readonly kind: CallKind },
  memory: Memory,
  server: Server,
  { checkCount }: Pick<PgsqlConfig, 'checkCount'>,
): number =>
  kind === 'monitor' && !hasSealedItself(server) && memory.withoutPrimary.count < checkCount
    ? IN_PASSING_MS
    : Number.POSITIVE_INFINITY;

/** Of the newest position that this node holds. */
export const timelineOf = (server: Server, disk: Disk): Timeline | undefined => {
  if (server.state === 'running' && server.answer.ok) {
    const position = positionOf(server.answer.value, disk);
    return position.known ? position.value.timeline : undefined;
  }
  return disk.control.known ? provenPosition(disk.control.value).timeline : undefined;
};

const hasSealedItself = (server: Server): boolean =>
  server.state === 'running' &&
  server.answer.ok &&
  server.answer.value.inRecovery &&
  isSealed(server.answer.value);

const isReceiving = (server: Server): boolean =>
  server.state === 'running' &&
  server.answer.ok &&
  server.answer.value.inRecovery &&
  server.answer.value.receiver?.status === 'streaming';
