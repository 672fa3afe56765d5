import { OcfExit, type OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import type { Memory } from '../memory.ts';
import type { Step } from '../steps.ts';

/** Why something is done: a stable id, and a sentence with the values. Both are logged, and both are what tests assert. */
export interface Reason {
  readonly rule: string;
  readonly because: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/**
 * What a shorter look sees anew: in an `election` the server and what others publish, else all of this `node`. What the cluster has
 * recorded is as it was at the look before.
 */
export type Look = 'election' | 'node';

export type Outcome =
  | {
      readonly kind: 'done';
      readonly code: OcfExitCode;
      readonly exitReason?: string;
      /** for so long it is tried again where a step failed that is not passed over (`whenStepFails`); without it, as `again` does */
      readonly retryMs?: number;
    }
  | {
      readonly kind: 'again';
      readonly waitingFor: string;
      /** between two looks, where they need not be as close as they are */
      readonly pauseMs?: number;
      /** writes are waiting: not everything is looked at again */
      readonly looksAt?: Look;
      /** what the operation ends with after this time; without it, it waits as long as Pacemaker lets it and then fails */
      readonly atMost?: Limit;
    };

export interface Limit {
  readonly ms: number;
  readonly code: OcfExitCode;
  /** where the code is a failure */
  readonly exitReason?: string;
}

export interface Decision {
  /** the rule that decided the outcome first, then what else was seen */
  readonly reasons: readonly [Reason, ...Reason[]];
  /** carried out in this order; the first that fails ends the list */
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
  /**
   * what an operation does when a step failed: look again until it is out of time, or go by the outcome all the same, but for a
   * record and its confirmation
   */
  readonly whenStepFails: 'again' | 'finish' | 'finish-once-confirmed';
  readonly memory: Memory;
}

export const reason = (rule: string, because: string, level: Reason['level'] = 'info'): Reason => ({
  rule,
  because,
  level,
});

interface Parts {
  readonly memory: Memory;
  readonly steps?: readonly Step[];
  readonly also?: readonly Reason[];
  readonly whenStepFails?: Decision['whenStepFails'];
  readonly retryMs?: number;
  /** Pacemaker shows the reason, too, where the code is no failure in itself */
  readonly isShown?: boolean;
}

export const done = (code: OcfExitCode, why: Reason, parts: Parts): Decision => ({
  reasons: [why, ...(parts.also ?? [])],
  steps: parts.steps ?? [],
  outcome: {
    kind: 'done',
    code,
    ...(isFailure(code) || parts.isShown === true ? { exitReason: why.because } : {}),
    ...(parts.retryMs === undefined ? {} : { retryMs: parts.retryMs }),
  },
  whenStepFails: parts.whenStepFails ?? 'finish',
  memory: parts.memory,
});

export const again = (
  why: Reason,
  parts: Parts & Partial<Omit<Extract<Outcome, { kind: 'again' }>, 'kind'>>,
): Decision => ({
  reasons: [why, ...(parts.also ?? [])],
  steps: parts.steps ?? [],
  outcome: {
    kind: 'again',
    waitingFor: parts.waitingFor ?? why.because,
    ...(parts.pauseMs === undefined ? {} : { pauseMs: parts.pauseMs }),
    ...(parts.looksAt === undefined ? {} : { looksAt: parts.looksAt }),
    ...(parts.atMost === undefined ? {} : { atMost: parts.atMost }),
  },
  whenStepFails: parts.whenStepFails ?? 'again',
  memory: parts.memory,
});

const isFailure = (code: OcfExitCode): boolean =>
  code !== OcfExit.SUCCESS && code !== OcfExit.RUNNING_PROMOTED && code !== OcfExit.NOT_RUNNING;
