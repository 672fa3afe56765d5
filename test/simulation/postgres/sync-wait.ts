/**
 * For whom commits wait, as src/backend/replication/syncrep.c has it: each WAL sender goes by the setting as it has read it
 * itself, and backends by a flag that the checkpointer sets.
 */
import type { SyncNames } from '../../../lib/postgres/sync-names.ts';
import { acknowledge } from '../client.ts';
import type { World } from '../world.ts';
import type { Process } from './database.ts';
import type { Connection } from './replication.ts';

/** 0: not synchronous */
export const priorityIn = (names: SyncNames, standby: string): number => {
  if (names.kind !== 'all' && names.kind !== 'any') return 0;
  const index = names.nodes.indexOf(standby);
  if (index < 0) return 0;
  return names.kind === 'any' ? 1 : index + 1;
};

const countIn = (names: SyncNames): number => (names.kind === 'all' ? names.nodes.length : 1);

/** The senders that count, by somebody who has read the setting as `names`. */
export const chosenBy = ({ senders }: Process, names: SyncNames): readonly Connection[] => {
  const candidates = [...senders]
    .filter((sender) => sender.state === 'streaming' && priorityIn(sender.names, sender.standby.name) > 0)
    .sort((a, b) => priorityIn(a.names, a.standby.name) - priorityIn(b.names, b.standby.name));
  return names.kind === 'any' ? candidates : candidates.slice(0, countIn(names));
};

/** A sender has had a reply: commits that have waited long enough are released. */
export const releaseWaiters = (world: World, process: Process, sender: Connection): void => {
  if (process.waiting.length === 0 || sender.state !== 'streaming') return;
  if (priorityIn(sender.names, sender.standby.name) === 0) return;
  const chosen = chosenBy(process, sender.names);
  if (chosen.length < countIn(sender.names) || !chosen.includes(sender)) return;
  const ends = chosen.map(({ flushed }) => flushed);
  releaseUpTo(world, process, sender.names.kind === 'any' ? Math.max(...ends) : Math.min(...ends));
};

const releaseUpTo = (world: World, process: Process, end: number): void => {
  const { waiting } = process;
  let released: number | undefined;
  while (waiting.length > 0 && (waiting[0] as number) <= end) released = waiting.shift();
  if (released !== undefined) acknowledge(world, process, released);
};

/** The checkpointer takes the setting over. Whoever waits need not wait any more once there is nobody to wait for. */
export const setWaitFlag = (world: World, process: Process): void => {
  process.makesCommitsWait = process.names.kind !== 'none';
  if (!process.makesCommitsWait) releaseUpTo(world, process, Infinity);
};
