/**
 * Write-ahead logs. A branch is a timeline as it really is: two nodes may give one number to timelines of different
 * contents, and only here, never in the cluster, can the two be told apart. Positions are bytes, and records have one size.
 */
import type { History } from '../../../lib/postgres/history.ts';
import { type Lsn, lsnOf } from '../../../lib/postgres/lsn.ts';

export interface Branch {
  readonly timeline: number;
  readonly parent: Branch | undefined;
  /** where it left its parent */
  readonly forkedAt: number;
  readonly openedBy: string;
  history?: History;
}

export const RECORD_BYTES = 100;
export const WAL_START = 0x5000000;

export const FIRST_BRANCH: Branch = {
  timeline: 1,
  parent: undefined,
  forkedAt: WAL_START,
  openedBy: 'initdb',
};

export const toLsn = (position: number): Lsn => lsnOf(BigInt(position));

/** Its ancestors as PostgreSQL has them in a history file. */
export const historyOf = (branch: Branch): History => {
  const { parent } = branch;
  branch.history ??=
    parent === undefined
      ? []
      : [...historyOf(parent), { timeline: parent.timeline, end: toLsn(branch.forkedAt) }];
  return branch.history;
};

/** Does a log that ends on `branch` at `end` have everything of `other` up to `otherEnd`? The truth, which nobody can see. */
export const holds = (branch: Branch, end: number, other: Branch, otherEnd: number): boolean => {
  let limit = end;
  for (let each: Branch | undefined = branch; each !== undefined; each = each.parent) {
    if (each === other) return otherEnd <= limit;
    limit = each.forkedAt;
  }
  return false;
};

/** The ancestor, or the branch itself, that has this number. */
export const branchNumbered = (branch: Branch, timeline: number): Branch | undefined => {
  for (let each: Branch | undefined = branch; each !== undefined; each = each.parent)
    if (each.timeline === timeline) return each;
  return undefined;
};

/** Where a log that ends on `branch` left the ancestor of this number; undefined on the branch itself and elsewhere. */
export const leftAt = (branch: Branch, timeline: number): number | undefined => {
  for (let each: Branch = branch; each.parent !== undefined; each = each.parent)
    if (each.parent.timeline === timeline) return each.forkedAt;
  return undefined;
};
