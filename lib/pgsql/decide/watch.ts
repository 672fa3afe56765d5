import { OcfExit, type OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Decision, reason } from './decision.ts';

/** All that a watcher asks and tells Pacemaker has a limit (watcher.ts); one that is there for longer hangs, and reports nothing. */
const REPORTING_MS = 15_000;

/**
 * A server that a monitor finds well is watched from there on. Pacemaker runs a monitor right after each start, promotion and
 * demotion, and none of what is in maintenance. Where a watcher cannot be started, it is not tried again at the same server:
 * monitors find its end, too. Nor is it where Pacemaker would not recover from what this monitor finds by a restart, which is what
 * it does after a report; monitors of one role may differ in that.
 */
export const withWatcher = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { watcher, server } = snapshot;
  if (watcher === undefined) return decision;
  if (server.state === 'stopped')
    return config.fastDetection ? countedOnce(snapshot, config, decision) : decision;
  if (!isWell(decision)) return decision;
  const { watchTried, ...memory } = decision.memory;
  const { steps } = decision;
  if (watcher === 'watches')
    return { ...decision, memory, steps: config.fastDetection ? steps : [...steps, { kind: 'endWatch' }] };
  if (!config.fastDetection || config.onFail !== 'restart') return { ...decision, memory };
  const { pid } = server;
  return {
    ...decision,
    memory: { ...memory, watchTried: pid },
    steps: watchTried === pid ? steps : [...steps, { kind: 'watch', pid }],
  };
};

/**
 * To Pacemaker a failure that it hears of twice is two failures. So a monitor waits for a watcher that is about to report, and
 * of an end that was reported it says what the last one said, of which Pacemaker takes no notice, until an action follows (or
 * for so long that none will, see watcher.ts). An end that nobody reports is this monitor's own.
 */
const countedOnce = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { watcher, disk } = snapshot;
  const { outcome, reasons } = decision;
  if (outcome.kind !== 'done' || outcome.code !== OcfExit.NOT_RUNNING) return decision;
  // Of a disk that is gone, and PostgreSQL with it, nobody can say what it was.
  if (disk.directory !== 'present') return decision;
  if (watcher === 'reports') {
    const { kind: _, ...stopped } = outcome;
    const why = reason('monitor.being-reported', 'the watcher of fast_detection reports this end', 'warn');
    return {
      ...decision,
      reasons: [...reasons, why],
      steps: [],
      outcome: {
        kind: 'again',
        waitingFor: 'the watcher of fast_detection, which reports the end of PostgreSQL',
        atMost: { ...stopped, ms: REPORTING_MS },
      },
      whenStepFails: 'again',
    };
  }
  if (watcher !== 'reported') return decision;
  const why = reason('monitor.reported', 'the watcher of fast_detection has reported this end', 'warn');
  return {
    ...decision,
    reasons: [...reasons, why],
    outcome: { kind: 'done', code: roleBefore(snapshot, config) },
  };
};

const roleBefore = ({ disk }: Snapshot, { repMode }: PgsqlConfig): OcfExitCode =>
  (repMode === 'sync' || repMode === 'async') && !disk.standbySignal
    ? OcfExit.RUNNING_PROMOTED
    : OcfExit.SUCCESS;

const isWell = ({ outcome }: Decision): boolean =>
  outcome.kind === 'done' && (outcome.code === OcfExit.SUCCESS || outcome.code === OcfExit.RUNNING_PROMOTED);
