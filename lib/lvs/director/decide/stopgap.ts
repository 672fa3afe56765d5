import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';
import { attributeOf, type Judged, statusName, weightOf } from './servers.ts';

/** The words in which ocf:pha:pgsql says that a standby runs and does not stream yet, or any more. */
const NOT_STREAMING = /^HS:(alone|connected)$/;

/** Standbys that run and follow nobody: for seconds, all of them do while the primary changes. */
export const standbysWithoutPrimary = (
  judged: readonly Judged[],
  snapshot: Snapshot,
  config: DirectorConfig,
): readonly Judged[] =>
  judged.filter(
    ({ machine, verdict }) =>
      verdict.state === 'leaving' &&
      NOT_STREAMING.test(attributeOf(snapshot, machine.node, statusName(config)) ?? ''),
  );

/**
 * When nobody else is known to serve, not even a sorry server, these do, rather than that connections are refused; but not for
 * longer than `drain_timeout`, as their data grows old.
 */
export const stopgaps = (
  alone: readonly Judged[],
  others: readonly ServerPlan[],
  snapshot: Snapshot,
  config: DirectorConfig,
): readonly ServerPlan[] => {
  if (others.some(({ weight }) => weight > 0)) return [];
  const { memory, uptimeMs } = snapshot;
  return alone
    .filter(({ machine: { address } }) => {
      const sinceMs = memory.alone[address] ?? uptimeMs;
      return uptimeMs - sinceMs < config.drainTimeoutMs;
    })
    .map(({ machine, verdict }) => ({
      machine,
      state: 'serving' as const,
      weight: weightOf(machine, snapshot, config),
      rule: 'server.stopgap',
      why: `${verdict.why}, and no other serves; for ${config.drainTimeoutMs / 1000} s at most (drain_timeout)`,
    }))
    .filter(({ weight }) => weight > 0);
};
