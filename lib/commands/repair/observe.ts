import { join } from 'node:path';
import { readSegments, readWalRoom } from '../../pgsql/disk.ts';
import { walDirectory } from '../../postgres/version.ts';
import type { WalContent } from '../../postgres/wal-loss.ts';
import type { Deadline } from '../../system/clock.ts';
import type { Terminal } from '../cli/terminal.ts';
import { lookBeyondFork } from '../node-data/loss.ts';
import { observeNodeData } from '../node-data/observe.ts';
import type { NodeDataSnapshot } from '../node-data/snapshot.ts';

export interface RepairSnapshot extends NodeDataSnapshot {
  /** What this node's log holds beyond the fork, where pg_waldump can tell. */
  readonly beyondFork: WalContent | undefined;
  readonly walRoom: WalRoom | undefined;
}

/** pg_rewind brings the source's log before it removes what this node no longer needs. */
export interface WalRoom {
  readonly path: string;
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** Reads only. */
export async function observeRepair(wanted: string | undefined, deadline: Deadline, terminal: Terminal) {
  const observed = await observeNodeData(wanted, deadline, terminal);
  if (!observed.ok) return observed;
  const beyondFork = await lookBeyondFork(observed.snapshot, deadline);
  const walRoom = roomForWal(observed.snapshot);
  return { ok: true, snapshot: { ...observed.snapshot, beyondFork, walRoom } } as const;
}

function roomForWal({ disk, source, installation }: NodeDataSnapshot): WalRoom | undefined {
  if (!source.known || source.value.walFiles === undefined || !disk.version.known) return undefined;
  const here = readSegments(installation, disk.version);
  const free = readWalRoom(installation, disk.version);
  if (!here.known || !free.known) return undefined;
  const missing = [...source.value.walFiles].filter(([name]) => !here.value.includes(name));
  return {
    path: join(installation.pgdata, walDirectory(disk.version.value)),
    neededBytes: missing.reduce((sum, [, bytes]) => sum + bytes, 0),
    freeBytes: free.value,
  };
}
