import type { Lsn } from '../../postgres/lsn.ts';
import type { Memory } from '../memory.ts';
import { catchesUpInTime } from './catch-up.ts';
import { isFlapping } from './flapping.ts';
import { isOneServer, isStreaming, type Standby } from './standby-view.ts';

/** How far behind a standby may be and still be preferred by its place in node_list: one WAL segment. */
export const NEAR_BYTES = 16n * 1024n * 1024n;

interface Choice {
  readonly standbys: readonly Standby[];
  readonly walInsert: Lsn;
  readonly uptimeMs: number;
  readonly memory: Memory;
}

/**
 * The successor of a planned switch, if commits need not wait long for it; then the synchronous standby stays as long as
 * it streams; else the first that is near the primary, else the nearest.
 *
 * None that departs is chosen anew: each of the attributes that this takes makes Pacemaker begin again with what it is
 * about to do, which is to stop that very standby. The announcement of it would release the standby, the next monitor
 * choose it, and so on for ever.
 *
 * One that refuses its agent cannot be promoted: it makes room for another one, if commits need not wait long for that. Else it is
 * still waited for, since it holds what commits are acknowledged by.
 */
export const chooseSynchronous = (
  input: Choice,
  waited: readonly string[],
  marked: readonly string[],
): Standby | undefined => {
  const willing = input.standbys.filter((s) => !s.refusesAgent);
  const chosen = chooseAmong({ ...input, standbys: willing }, waited, marked);
  if (willing.length === input.standbys.length) return chosen;
  const isBetter =
    chosen?.inCluster && chosen.online && (isNear(input, chosen) || marked.includes(chosen.name));
  return isBetter ? chosen : chooseAmong(input, waited, marked);
};

const chooseAmong = (
  input: Choice,
  waited: readonly string[],
  marked: readonly string[],
): Standby | undefined => {
  const fit = input.standbys.filter(
    (s) =>
      isOneServer(s) &&
      (isStreaming(s) || (waited.includes(s.name) && catchesUpInTime(s, input.memory, input.uptimeMs))) &&
      !s.leaving,
  );
  const near = (s: Standby): boolean => isNear(input, s);
  const successor = fit.find((s) => s.isSuccessor && isStreaming(s) && s.online && near(s));
  if (successor !== undefined) return successor;
  const staying =
    fit.find((s) => marked.includes(s.name) && waited.includes(s.name)) ??
    fit.find((s) => waited.includes(s.name) && s.inCluster);
  if (staying?.online) return staying;
  const steady = fit.filter(
    (s) => isStreaming(s) && !s.departs && !isFlapping(s, input.memory, input.uptimeMs),
  );
  const members = steady.filter((s) => s.inCluster && s.online);
  const outsiders = steady.filter((s) => !s.inCluster);
  const byPosition = [...members].sort((a, b) =>
    Number((b.sender?.flushLsn ?? 0n) - (a.sender?.flushLsn ?? 0n)),
  );
  return (
    members.find(near) ??
    byPosition[0] ??
    staying ??
    outsiders.find((s) => waited.includes(s.name)) ??
    outsiders[0]
  );
};

const isNear = ({ walInsert }: Choice, { sender }: Standby): boolean =>
  walInsert - (sender?.flushLsn ?? 0n) <= NEAR_BYTES;
