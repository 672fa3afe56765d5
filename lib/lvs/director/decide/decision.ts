import { OcfExit, type OcfExitCode } from '../../../../heartbeat-ocf/exit-codes.ts';
import type { Memory } from '../memory.ts';
import type { Step } from '../steps.ts';

/** Why something is done: a stable id, and a sentence with the values. Both are logged, and both are what tests assert. */
export interface Reason {
  readonly rule: string;
  readonly because: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What must change for it to be worth another line in the log; the sentence, unless that counts seconds. */
  readonly key?: string;
}

export type Outcome =
  | { readonly kind: 'done'; readonly code: OcfExitCode; readonly exitReason?: string }
  | { readonly kind: 'again'; readonly waitingFor: string };

export interface Decision {
  /** the rule that decided the outcome first, then what else was seen */
  readonly reasons: readonly [Reason, ...Reason[]];
  /** carried out in this order; the first that fails ends the list */
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
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
}

export const done = (code: OcfExitCode, why: Reason, parts: Parts): Decision => ({
  reasons: [why, ...(parts.also ?? [])],
  steps: parts.steps ?? [],
  outcome:
    code === OcfExit.SUCCESS || code === OcfExit.NOT_RUNNING
      ? { kind: 'done', code }
      : { kind: 'done', code, exitReason: why.because },
  memory: parts.memory,
});

export const again = (why: Reason, waitingFor: string, parts: Parts): Decision => ({
  reasons: [why, ...(parts.also ?? [])],
  steps: parts.steps ?? [],
  outcome: { kind: 'again', waitingFor },
  memory: parts.memory,
});
