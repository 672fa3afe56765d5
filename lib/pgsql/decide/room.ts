import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';

/** What PostgreSQL takes at once for its WAL, unless initdb was told otherwise. */
export const SEGMENT_BYTES = 16 * 1024 ** 2;
const MB = 1024 ** 2;

/**
 * Why a server that has to make another segment of WAL ends itself (PANIC), and a standby cannot store what it receives.
 * @returns undefined where there is room, or nobody knows
 */
export const wantOfRoom = ({ disk }: Pick<Snapshot, 'disk'>): string | undefined => {
  const segment = disk.control.known ? disk.control.value.walSegmentBytes : SEGMENT_BYTES;
  if (!disk.walRoom.known || disk.walRoom.value >= segment) return undefined;
  const freeMb = Math.floor((disk.walRoom.value / MB) * 10) / 10;
  return `no room for WAL here (${freeMb} MB free, a segment takes ${segment / MB} MB)`;
};

/** `because`, and what an operator should see to first. */
export const withWantOfRoom = (snapshot: Pick<Snapshot, 'disk'>, because: string): string => {
  const want = wantOfRoom(snapshot);
  return want === undefined ? because : `${want}: ${because}`;
};

export interface Leaving {
  /** who is to take over */
  readonly successor: string;
  readonly want: string;
}

/**
 * A primary whose disk is full would end itself again and again. With rep_mode=sync it leaves its place to a standby that
 * runs and holds every acknowledged write (invariant 1); without one it tries. A small disk for the WAL alone may be
 * nearly full of segments made ahead and run well: as long as one is left, it keeps its place (invariant 8).
 * @returns why, and to whom
 */
export const leavesForWantOfRoom = (
  snapshot: Snapshot,
  { repMode }: PgsqlConfig,
  facts: ClusterFacts,
): Leaving | undefined => {
  const want = wantOfRoom(snapshot);
  if (want === undefined || repMode !== 'sync') return undefined;
  const { spareSegment } = snapshot.disk;
  if (!spareSegment.known || spareSegment.value) return undefined;
  const successor = facts.markedSync.find(
    (node) => node !== snapshot.self && facts.online(node) && facts.status(node)?.startsWith('HS:'),
  );
  return successor === undefined ? undefined : { successor, want };
};

export const leavingSentence = ({ successor, want }: Leaving): string =>
  `${want}: ${successor} is to take over`;
