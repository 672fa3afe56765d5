import { type Acquired, type LockState, type OwnerChange, remainingMs } from '../../distlock/answer.ts';
import type { LockReport } from '../../distlock/arbiter.ts';
import { renderTable } from '../cli/table.ts';
import { formatSeconds } from '../cli/text.ts';

const seconds = (ms: number): string => formatSeconds(Math.max(0, ms) / 1000);

const condition = (state: LockState): 'free' | 'held' | 'expired' => {
  if (state.owner === '') return 'free';
  return remainingMs(state) > 0 ? 'held' : 'expired';
};

/** What the lock is, as one sentence without a full stop: `node1 has it: renewed 2.1 s ago, 6.9 s left of 9 s`. */
export function describeState(state: LockState): string {
  const { owner, ageMs, leaseMs } = state;
  switch (condition(state)) {
    case 'free':
      return 'nobody has it';
    case 'held': {
      const renewed =
        ageMs < 0 ? 'renewed in what is now the future of the arbiter' : `renewed ${seconds(ageMs)} ago`;
      return `${owner} has it: ${renewed}, ${seconds(remainingMs(state))} left of ${seconds(leaseMs)}`;
    }
    case 'expired':
      return `${owner} had it, and the lease ended ${seconds(ageMs - leaseMs)} ago: it is to be had`;
  }
}

/** Why the lock was not taken. */
export const describeRefusal = ({ before }: Acquired): string =>
  before === undefined ? 'another one took it in this moment' : describeState(before);

export const historyTable = (history: readonly OwnerChange[]): readonly string[] =>
  renderTable<OwnerChange>(
    [
      { title: 'when', align: 'left', cell: ({ at }) => at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC') },
      { title: 'ago', align: 'right', cell: ({ ageMs }) => seconds(ageMs) },
      { title: 'owner', align: 'left', cell: ({ owner }) => owner || '(released)' },
    ],
    history,
  );

/** What `status` prints. */
export function renderReport(name: string, { state, history }: LockReport): string {
  return [
    `${name}: ${describeState(state)}`,
    '',
    ...(history.length === 0 ? ['No change of the owner is recorded.'] : historyTable(history)),
    '',
  ].join('\n');
}

/** What `status --json` prints. */
export const reportJson = (name: string, { state, history }: LockReport) => ({
  lock: name,
  condition: condition(state),
  ...stateJson(state),
  history: historyJson(history),
});

export const historyJson = (history: readonly OwnerChange[]) =>
  history.map(({ owner, at, ageMs }) => ({ owner: owner || null, at, ageSeconds: ageMs / 1000 }));

export const stateJson = (state: LockState) => ({
  owner: state.owner || null,
  renewedAt: state.renewedAt,
  ageSeconds: state.ageMs / 1000,
  leaseSeconds: state.leaseMs / 1000,
  remainingSeconds: remainingMs(state) / 1000,
});
