import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Decision } from './decision.ts';

/**
 * A server that a monitor finds well is watched from there on. Pacemaker runs a monitor right after each start, promotion and
 * demotion, and none of what is in maintenance. Where no watcher has come of it, it is not tried again at the same server:
 * monitors find its end, too.
 */
export const withWatcher = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { isWatched, server } = snapshot;
  if (isWatched === undefined || server.state !== 'running' || !isWell(decision)) return decision;
  const { memory, steps } = decision;
  if (isWatched && config.fastDetection) return { ...decision, memory: withoutTry(memory) };
  if (isWatched) return { ...decision, steps: [...steps, { kind: 'endWatch' }] };
  const { pid } = server;
  return config.fastDetection && memory.watchTried !== pid
    ? { ...decision, steps: [...steps, { kind: 'watch', pid }], memory: { ...memory, watchTried: pid } }
    : decision;
};

const withoutTry = ({ watchTried: _, ...memory }: Memory): Memory => memory;

const isWell = ({ outcome }: Decision): boolean =>
  outcome.kind === 'done' && (outcome.code === OcfExit.SUCCESS || outcome.code === OcfExit.RUNNING_PROMOTED);
