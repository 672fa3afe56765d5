/**
 * When a lease that was renewed must have ended PostgreSQL: the sum of worst cases. Pure.
 *
 * The owner counts from before it asked, the arbiter from when it carried that out, so the owner's lease never ends later.
 * What may still go wrong is counted below: that the owner's clock is slow, that the guard wakes up late, and that the
 * kernel takes time to end processes. Nobody's wall clock is part of it, except the arbiter's own.
 */

/** A quartz that is wrong by this much is broken: 1 %, where 0.05 % is much. */
const SLOWEST_CLOCK = 0.01;
/** How late the guard may wake up on a loaded machine, from its shortest pause to this. */
const LATEST_WAKE_MS = 500;
/** From SIGKILL to all processes until none of them runs any more code of its own. */
const KILL_TAKES_MS = 200;
/** What an immediate shutdown gets before it. */
const IMMEDIATE_TAKES_MS = 1000;

/** How long a standby asks an arbiter that is silent before it says so. */
const WORD_TAKES_MS = 1_500;
/** So often the guard renews within a lease: the newer the last renewal is, the more time is left when the arbiter falls silent. */
export const RENEWALS_PER_LEASE = 8;

export interface LeaseParameters {
  /** distlock_lease_seconds */
  readonly leaseMs: number;
  /** distlock_timeout_seconds: how long a node that is to be promoted tries to get the lock. */
  readonly timeoutMs: number;
  /** Between the monitors of the primary, each of which renews. */
  readonly monitorMs: number;
  /** Between the monitors of the standby, by whose word the primary goes on where the arbiter is silent. Not given: not judged. */
  readonly standbyMonitorMs?: number;
  /** For one answer of the arbiter. */
  readonly answerMs: number;
  /** Where they were given, as a sentence names it. */
  readonly leaseName?: string;
  readonly timeoutName?: string;
}

export interface LeaseObjection {
  readonly sentence: string;
  /** PostgreSQL may be ended by it where nothing, or the arbiter alone, has failed. */
  readonly endsPrimary: boolean;
}

/** Milliseconds from the moment in which the renewal was sent, on the owner's monotonic clock. */
export interface LeaseBudget {
  /** Immediate shutdown. */
  readonly quitAfterMs: number;
  /** SIGKILL to every process of the server. */
  readonly killAfterMs: number;
}

export const leaseBudget = ({ leaseMs }: Pick<LeaseParameters, 'leaseMs'>): LeaseBudget => {
  const goneAfterMs = leaseMs * (1 - SLOWEST_CLOCK);
  const killAfterMs = goneAfterMs - KILL_TAKES_MS - LATEST_WAKE_MS;
  return { killAfterMs, quitAfterMs: killAfterMs - IMMEDIATE_TAKES_MS };
};

const seconds = (ms: number): string => `${Math.round(ms / 10) / 100} s`;

/** What is wrong with the parameters; nothing if they fit. */
export const objectionsToLease = (parameters: LeaseParameters): readonly LeaseObjection[] => {
  const { leaseMs, timeoutMs, monitorMs, standbyMonitorMs = 0, answerMs } = parameters;
  const { leaseName = 'distlock_lease_seconds', timeoutName = 'distlock_timeout_seconds' } = parameters;
  const { quitAfterMs } = leaseBudget(parameters);
  const renewedAfterMs = monitorMs + answerMs + LATEST_WAKE_MS;
  const lease = `${leaseName} is ${seconds(leaseMs)}`;
  const objections: LeaseObjection[] = [];
  if (leaseMs < 2 * monitorMs) {
    objections.push({
      sentence: `${lease}: give at least twice the interval of the primary's monitor, ${seconds(2 * monitorMs)}`,
      endsPrimary: true,
    });
  } else if (renewedAfterMs > quitAfterMs) {
    const needed = (renewedAfterMs - quitAfterMs + leaseMs) / (1 - SLOWEST_CLOCK);
    objections.push({
      sentence: `${lease}: a renewal every ${seconds(monitorMs)} that may take ${seconds(answerMs)} comes too late for it; give ${Math.ceil(needed / 1000)} s or a shorter interval`,
      endsPrimary: false,
    });
  }
  const wordAfterMs = standbyMonitorMs + WORD_TAKES_MS;
  if (standbyMonitorMs > 0 && wordAfterMs + leaseMs / RENEWALS_PER_LEASE > quitAfterMs) {
    const endingTakesMs = LATEST_WAKE_MS + KILL_TAKES_MS + IMMEDIATE_TAKES_MS;
    const needed = (wordAfterMs + endingTakesMs) / (1 - SLOWEST_CLOCK - 1 / RENEWALS_PER_LEASE);
    objections.push({
      sentence: `${lease}: with a monitor every ${seconds(standbyMonitorMs)} the standby says too late that the arbiter is silent, and the guard ends the primary; give ${Math.ceil(needed / 1000)} s or a shorter interval`,
      endsPrimary: true,
    });
  }
  if (objections.some(({ endsPrimary }) => endsPrimary)) return objections;
  const waitMs = leaseMs * (1 + SLOWEST_CLOCK) + answerMs;
  if (timeoutMs < waitMs) {
    objections.push({
      sentence: `${timeoutName} is ${seconds(timeoutMs)}: a node that takes over must wait for the lease of a lost primary and one answer more; give at least ${Math.ceil(waitMs / 1000)} s`,
      endsPrimary: false,
    });
  }
  return objections;
};
