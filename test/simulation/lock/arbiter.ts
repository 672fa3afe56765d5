/** The arbiter of a cluster of two nodes: the lock and the rows beside it, as the statements of lib/distlock change them. */
import type { Acquired, LockState } from '../../../lib/distlock/answer.ts';
import type { Beside } from '../../../lib/distlock/arbiter.ts';

export interface Arbiter {
  readonly rows: { lock: Row; alone: Row };
  /** whose database the lock is of */
  database: string;
  stamps: number;
  /** how many faults say so */
  off: number;
  /** what it has been asked and carries out when it goes on; undefined while it is not frozen */
  held: (() => void)[] | undefined;
  /** by node: how many faults cut it off */
  readonly cutOff: number[];
}

/** `alone`: who goes on without its standby */
export type RowName = 'lock' | 'alone';

export interface Row {
  /** empty: nobody has it */
  readonly owner: string;
  readonly atMs: number;
  readonly leaseMs: number;
  readonly stamp: string;
}

/** distlock_lease_seconds and distlock_timeout_seconds */
export const LOCK = { leaseMs: 9_000, timeoutMs: 12_000 } as const;

const LEASE_MS: Readonly<Record<RowName, number>> = { lock: LOCK.leaseMs, alone: Infinity };
export const NOBODYS: Row = { owner: '', atMs: 0, leaseMs: 0, stamp: '0' };

export const newArbiter = (nodes: number): Arbiter => ({
  rows: { lock: NOBODYS, alone: NOBODYS },
  database: '',
  stamps: 0,
  off: 0,
  held: undefined,
  cutOff: Array.from({ length: nodes }, () => 0),
});

/** It goes on, and carries out what it was asked. */
export const thawArbiter = (arbiter: Arbiter): void => {
  const held = arbiter.held ?? [];
  arbiter.held = undefined;
  for (const carryOut of held) carryOut();
};

export const stateOf = ({ owner, atMs, leaseMs, stamp }: Row, nowMs: number): LockState => ({
  owner,
  renewedAt: stamp,
  ageMs: nowMs - atMs,
  leaseMs,
});

export const besideOf = ({ rows, database }: Arbiter): Beside => ({ aloneOwner: rows.alone.owner, database });

const write = (arbiter: Arbiter, nowMs: number, row: RowName, owner: string, leaseMs: number): void => {
  arbiter.rows[row] = { owner, atMs: nowMs, leaseMs, stamp: `${++arbiter.stamps}` };
};

/** acquireSql() in lib/distlock/statements.ts */
export const acquireRow = (
  arbiter: Arbiter,
  nowMs: number,
  row: RowName,
  owner: string,
  ifRenewedAt?: string,
): Acquired => {
  const { atMs, leaseMs, stamp, owner: ownerBefore } = arbiter.rows[row];
  const before = stateOf(arbiter.rows[row], nowMs);
  const isToBeHad =
    ifRenewedAt === undefined
      ? ownerBefore === '' || ownerBefore === owner || nowMs - atMs > leaseMs
      : stamp === ifRenewedAt;
  // Who stops waiting must have the lock.
  const mayHave = row === 'lock' || ifRenewedAt !== undefined || arbiter.rows.lock.owner === owner;
  if (!isToBeHad || !mayHave) return { taken: false, before };
  write(arbiter, nowMs, row, owner, LEASE_MS[row]);
  return { taken: true, renewedAt: arbiter.rows[row].stamp, before };
};

/** releaseSql(): by the stamp that was seen, so that what is carried out late takes nothing away that was taken anew. */
export const releaseRow = (arbiter: Arbiter, nowMs: number, row: RowName, seen: Row): boolean => {
  if (arbiter.rows[row].stamp !== seen.stamp) return false;
  write(arbiter, nowMs, row, '', 0);
  return true;
};
