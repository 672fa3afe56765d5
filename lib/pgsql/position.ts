import type { Lsn } from '../postgres/lsn.ts';
import type { Position } from '../postgres/position.ts';
import type { ServerState, StandbyState } from '../postgres/server-state.ts';
import { newestTimelineOf } from '../postgres/wal-files.ts';
import { type Fact, known, mapFact, unknown } from '../system/fact.ts';
import type { Disk } from './snapshot.ts';

/**
 * The newest position that a running server holds, with its timeline. A standby's timeline is read off the WAL files,
 * since the control file learns of a new one only at the next restart point.
 */
export const positionOf = (server: ServerState, disk: Disk): Fact<Position> => {
  if (!server.inRecovery) return known({ timeline: server.timeline, lsn: server.walFlush });
  const lsn = newest(server.receiveLsn, server.replayLsn);
  if (lsn === undefined) return unknown('PostgreSQL has neither received nor replayed any WAL yet');
  if (!disk.control.known) return disk.control;
  const segments = disk.segments.known ? disk.segments.value : [];
  const onDisk = newestTimelineOf(lsn, segments, disk.control.value.walSegmentBytes);
  return known({ timeline: Math.max(onDisk ?? 0, server.timeline), lsn });
};

/**
 * What a standby's data depend on, to compare with another's history: as far as it has replayed. What it has received
 * beyond that, a part of a record at least whenever the primary dies, PostgreSQL throws away when it follows the next.
 */
export const replayedPosition = (server: StandbyState, disk: Disk): Fact<Position> =>
  mapFact(positionOf(server, disk), ({ timeline, lsn }) => ({ timeline, lsn: server.replayLsn ?? lsn }));

const newest = (a: Lsn | undefined, b: Lsn | undefined): Lsn | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
};
