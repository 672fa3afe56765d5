import type { OcfExitCode } from '../../../heartbeat-ocf/exit-codes.ts';
import type { Step } from './steps.ts';

/** Why something is done: a stable id, and a sentence with the values. Both are logged, and both are what tests assert. */
export interface Reason {
  readonly rule: string;
  readonly because: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/** With steps: carry them out, and look again. Without: this is how it ends. */
export type Decision =
  | { readonly kind: 'act'; readonly reason: Reason; readonly steps: readonly [Step, ...Step[]] }
  | {
      readonly kind: 'done';
      readonly reason: Reason;
      readonly also: readonly Reason[];
      readonly code: OcfExitCode;
    };

export const reason = (rule: string, because: string, level: Reason['level'] = 'info'): Reason => ({
  rule,
  because,
  level,
});

export const done = (code: OcfExitCode, why: Reason, also: readonly Reason[] = []): Decision => ({
  kind: 'done',
  reason: why,
  also,
  code,
});

/** What is to be done first; `otherwise` when there is nothing. */
export const actOr = (why: Reason, steps: readonly Step[], otherwise: () => Decision): Decision => {
  const [first, ...others] = steps;
  return first === undefined ? otherwise() : { kind: 'act', reason: why, steps: [first, ...others] };
};
