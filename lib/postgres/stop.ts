import { type Deadline, monotonicMs, sleep } from '../system/clock.ts';
import type { OsUser } from '../system/os-user.ts';
import { processInfo, signalProcess } from '../system/proc.ts';
import { removeStaleLockFiles } from './lock-files.ts';
import { findPostmaster, type Postmaster, serverProcesses } from './process.ts';
import { planStop, type StopStage, stageAt } from './stop-plan.ts';

export interface StopRequest {
  readonly pgdata: string;
  /** Owner of the data directory, with whose rights a stale lock file is removed. */
  readonly user: OsUser;
  /** How long a fast shutdown may take; shortened where the deadline is near. */
  readonly escalateAfterMs: number;
  readonly deadline: Deadline;
  readonly log: (sentence: string) => void;
}

export type StopResult =
  | {
      readonly stopped: true;
      readonly how: 'was not running' | 'fast' | 'immediate' | 'killed';
      readonly elapsedMs: number;
    }
  | { readonly stopped: false; readonly pids: readonly number[]; readonly elapsedMs: number };

const POLL_MS = 25;

/** After SIGKILL the kernel needs a moment, also when the deadline is over. */
const KILL_GRACE_MS = 500;

const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

const SENTENCES: Readonly<Record<StopStage, string>> = {
  fast: 'fast shutdown',
  immediate: 'immediate shutdown, since the fast one has not come to its end',
  kill: 'SIGKILL, since the time is nearly over',
};

const killAll = (pgdata: string): void => {
  for (const { pid } of serverProcesses(pgdata)) signalProcess(pid, 'SIGKILL');
};

/** A process that was stopped by a signal heeds no other one, and a fast shutdown waits for it. */
const continueStopped = (pgdata: string): void => {
  for (const { pid, state } of serverProcesses(pgdata)) if (state === 'T') signalProcess(pid, 'SIGCONT');
};

const isSame = (a: Postmaster | undefined, pid: number, startTicks: bigint): boolean =>
  a?.pid === pid && a.startTicks === startTicks;

/** The postmaster that was found, as long as it lives: no need to look at every process again. */
const stillThere = (found: Postmaster | undefined, pgdata: string): Postmaster | undefined => {
  const info = found && processInfo(found.pid);
  if (found && info && isSame(found, info.pid, info.startTicks))
    return { ...found, processState: info.state };
  return findPostmaster(pgdata);
};

/**
 * Brings a server down by signals alone: it needs neither pg_ctl nor disk space, a configuration, or the
 * directory. SIGINT (fast), SIGQUIT (immediate), then SIGKILL to the postmaster and every child, all before
 * the deadline. Processes that were stopped by a signal are continued, since they could not heed any other
 * signal. Processes that outlive their postmaster are killed. Only processes that not even SIGKILL ends (a
 * dead disk) remain.
 */
export const stopServer = async (request: StopRequest): Promise<StopResult> => {
  const { pgdata, deadline, log } = request;
  const startMs = monotonicMs();
  const elapsedMs = (): number => monotonicMs() - startMs;
  const plan = planStop(request.escalateAfterMs, deadline.remainingMs());
  let reached: StopStage | undefined;
  let reportedLeftovers = false;
  let postmaster: Postmaster | undefined;

  for (;;) {
    postmaster = stillThere(postmaster, pgdata);
    if (postmaster === undefined) {
      const leftovers = serverProcesses(pgdata);
      if (leftovers.length === 0) break;
      if (!reportedLeftovers)
        log(`the postmaster is gone, ending ${leftovers.length} processes that it left`);
      reportedLeftovers = true;
      killAll(pgdata);
    } else {
      const stage = stageAt(plan, elapsedMs());
      if (stage !== reached) {
        log(`stopping PostgreSQL (pid ${postmaster.pid}): ${SENTENCES[stage]}`);
        signalProcess(postmaster.pid, SIGNALS[stage]);
        if (reached === undefined) continueStopped(pgdata);
        reached = stage;
      }
      if (stage === 'kill') killAll(pgdata);
      else if (postmaster.processState === 'T') signalProcess(postmaster.pid, 'SIGCONT');
    }
    const isOver = deadline.expired() && elapsedMs() > plan.killAtMs + KILL_GRACE_MS;
    if (isOver) {
      const pids = serverProcesses(pgdata).map(({ pid }) => pid);
      if (pids.length > 0) return { stopped: false, pids, elapsedMs: elapsedMs() };
      break;
    }
    await sleep(POLL_MS);
  }
  removeStaleLockFiles(request);
  const how = reached === undefined ? 'was not running' : reached === 'kill' ? 'killed' : reached;
  return { stopped: true, how, elapsedMs: elapsedMs() };
};
