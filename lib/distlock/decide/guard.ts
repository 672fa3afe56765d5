import type { GuardOrders, LifeSign, ProcessKey } from '../guard/orders.ts';

export type GuardStep =
  | { readonly kind: 'wait' }
  /** Immediate shutdown: sessions are told, nothing is acknowledged after it. */
  | { readonly kind: 'quit' }
  | { readonly kind: 'kill' }
  /** The guard is no longer needed. */
  | { readonly kind: 'end' };

/**
 * What the guard does at a moment. Whoever comes too late kills at once: a server that was frozen together with its guard must
 * not run another instruction of its own, and an immediate shutdown would have to continue it.
 */
export const guardStep = (orders: GuardOrders, nowMs: number, isServerLeft: boolean): GuardStep => {
  if (orders.kind === 'end') return { kind: 'end' };
  if (nowMs < orders.quitAtMs) return { kind: 'wait' };
  if (!isServerLeft) return nowMs >= orders.killAtMs ? { kind: 'end' } : { kind: 'wait' };
  return { kind: nowMs >= orders.killAtMs ? 'kill' : 'quit' };
};

/** How long a guard may be without a life sign: it gives five in a second. */
export const SILENT_AFTER_MS = 2000;

export interface GuardEvidence {
  /** The process that was started, if it runs; `state` as in /proc. */
  readonly running: (ProcessKey & { readonly state: string }) | undefined;
  readonly lifeSign: LifeSign | undefined;
  /** Of the last order, and when it was given. */
  readonly ordered: { readonly sequence: number; readonly atMs: number };
  readonly nowMs: number;
}

/** Why the guard cannot be relied upon; undefined if it can. */
export const objectionToGuard = (evidence: GuardEvidence): string | undefined => {
  const { running, lifeSign, ordered, nowMs } = evidence;
  if (running === undefined) return 'the guard of the lease does not run';
  if (running.state === 'T' || running.state === 't')
    return `the guard of the lease (pid ${running.pid}) is stopped by a signal`;
  if (
    lifeSign === undefined ||
    lifeSign.guard.pid !== running.pid ||
    lifeSign.guard.startTicks !== running.startTicks
  )
    return `the guard of the lease (pid ${running.pid}) has given no life sign yet`;
  if (nowMs - lifeSign.atMs > SILENT_AFTER_MS)
    return `the guard of the lease (pid ${running.pid}) has been silent for ${Math.round((nowMs - lifeSign.atMs) / 100) / 10} s`;
  if (lifeSign.sequence < ordered.sequence && nowMs - ordered.atMs > SILENT_AFTER_MS)
    return `the guard of the lease (pid ${running.pid}) does not read its orders`;
  return undefined;
};
