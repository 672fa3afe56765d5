import { join } from 'node:path';
import { formatLsn } from '../../postgres/lsn.ts';
import { walDirectory } from '../../postgres/version.ts';
import { type WalContent, walContentSince } from '../../postgres/wal-loss.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { formatBytes } from '../cli/text.ts';
import { type Divergence, divergenceOf } from './divergence.ts';
import type { NodeDataSnapshot } from './snapshot.ts';

/** To count the transactions of a long way of its own is not worth more. */
const COUNT_MS = 60_000;

/** What this node's log holds beyond the fork, where pg_waldump can tell. Reads only. */
export async function lookBeyondFork(
  { disk, server, primaryHistory, installation }: NodeDataSnapshot,
  deadline: Deadline,
): Promise<WalContent | undefined> {
  const { control, version, incomplete } = disk;
  // What a rewind or a copy has half written is nobody's log.
  if (incomplete !== undefined && incomplete.kind !== 'switching') return undefined;
  if (server.state === 'running' || !control.known || !version.known || !primaryHistory.known)
    return undefined;
  const divergence = divergenceOf(control.value, disk, primaryHistory.value);
  if (divergence.kind === 'none') return undefined;
  return walContentSince({
    binDirectory: installation.binDirectory,
    version: version.value,
    walPath: join(installation.pgdata, walDirectory(version.value)),
    timeline: divergence.ownTimeline,
    from: divergence.fork,
    user: installation.owner,
    deadline: within(deadline, COUNT_MS),
  });
}

/** @param fate what becomes of what this node wrote on its own */
export function describeLoss(
  self: string,
  { timeline, fork, reached }: Extract<Divergence, { kind: 'diverged' }>,
  beyondFork: WalContent | undefined,
  fate = 'will be lost',
): string {
  const end = beyondFork?.end ?? reached;
  const bytes = formatBytes(Number(end > fork ? end - fork : 0n));
  const way = `${self} is ${beyondFork === undefined ? 'at least ' : ''}${bytes} past the fork: timeline ${timeline} was left at ${formatLsn(fork)}, and ${self} wrote up to ${formatLsn(end)}`;
  if (beyondFork === undefined)
    return `${way}; what it wrote there ${fate} (how many transactions, pg_waldump cannot tell)`;
  const { transactions } = beyondFork;
  return `${way}; ${transactions === 1 ? '1 transaction' : `${transactions} transactions`} committed there ${fate}`;
}
