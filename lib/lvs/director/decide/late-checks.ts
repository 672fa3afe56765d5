import type { Snapshot } from '../snapshot.ts';

/** Monitors in a row in which a check has not ended in time, after which its server counts as lost. */
export const LATE_CHECKS = 3;

/** How often in a row, with this look, the check of this server has not ended in time. */
export const lateChecksOf = (address: string, { health, memory, isRegular }: Snapshot): number =>
  // A look that an event has caused would count one moment twice.
  health.get(address)?.state === 'late' ? (memory.late[address] ?? 0) + (isRegular ? 1 : 0) : 0;

/** The same of all servers of which this look has had no answer. */
export const lateChecks = (snapshot: Snapshot): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...snapshot.health]
      .filter(([, { state }]) => state === 'late')
      .map(([address]) => [address, lateChecksOf(address, snapshot)]),
  );
