import { OcfExit, type OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Decision, reason } from './decision.ts';

/**
 * A server that a monitor finds well is watched from there on. Pacemaker runs a monitor right after each start, promotion and
 * demotion, and none of what is in maintenance. Where no watcher has come of it, it is not tried again at the same server:
 * monitors find its end, too.
 */
export const withWatcher = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { watcher, server } = snapshot;
  if (watcher === undefined) return decision;
  if (server.state === 'stopped') return leftToWatcher(snapshot, config, decision);
  if (!isWell(decision)) return decision;
  const { watchTried, leftToWatcher: _, ...memory } = decision.memory;
  const { steps } = decision;
  if (watcher === 'watches')
    return { ...decision, memory, steps: config.fastDetection ? steps : [...steps, { kind: 'endWatch' }] };
  if (!config.fastDetection) return { ...decision, memory };
  const { pid } = server;
  const tried: Memory = { ...memory, watchTried: pid };
  return watchTried === pid
    ? { ...decision, memory: tried }
    : { ...decision, memory: tried, steps: [...steps, { kind: 'watch', pid }] };
};

/**
 * To Pacemaker a failure that it hears of twice is two failures. So the first monitor that finds an end that was watched says
 * what the last one said, of which Pacemaker takes no notice; a second one, should nothing have come of the report, says how it is.
 */
const leftToWatcher = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const isLeft = config.fastDetection && snapshot.watcher === 'saw-the-end' && !decision.memory.leftToWatcher;
  if (!isLeft || decision.outcome.kind !== 'done' || decision.outcome.code !== OcfExit.NOT_RUNNING)
    return decision;
  return {
    ...decision,
    reasons: [
      ...decision.reasons,
      reason('monitor.left-to-watcher', 'the watcher of fast_detection reports this end', 'warn'),
    ],
    memory: { ...decision.memory, leftToWatcher: true },
    outcome: { kind: 'done', code: roleBefore(snapshot, config) },
  };
};

const roleBefore = ({ disk }: Snapshot, { repMode }: PgsqlConfig): OcfExitCode =>
  (repMode === 'sync' || repMode === 'async') && !disk.standbySignal
    ? OcfExit.RUNNING_PROMOTED
    : OcfExit.SUCCESS;

const isWell = ({ outcome }: Decision): boolean =>
  outcome.kind === 'done' && (outcome.code === OcfExit.SUCCESS || outcome.code === OcfExit.RUNNING_PROMOTED);
