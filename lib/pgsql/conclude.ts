import { type ActionResult, OcfExit } from '../../heartbeat-ocf/index.ts';
import type { Decision, Limit, Look, Outcome } from './decide/decision.ts';
import type { CallKind } from './depth.ts';
import { LAG_UNTOLD, type Memory } from './memory.ts';
import type { StateNames } from './names.ts';
import type { Step, StepKind } from './steps.ts';

/** The first step that failed; those after it are not carried out. */
export interface FailedStep {
  readonly kind: StepKind;
  readonly reason: string;
  /** another step has started PostgreSQL, or promoted it */
  readonly isStarted: boolean;
}

/**
 * The first failure of steps that were begun together.
 *
 * @param reasons why each of them failed; undefined for one that did not
 * @param isStarted an earlier group has started PostgreSQL, or promoted it
 */
export const failedIn = (
  group: readonly Step[],
  reasons: readonly (string | undefined)[],
  isStarted: boolean,
): FailedStep | undefined => {
  const at = reasons.findIndex((reason) => reason !== undefined);
  const [step, reason] = [group[at], reasons[at]];
  return step === undefined || reason === undefined
    ? undefined
    : { kind: step.kind, reason, isStarted: isStarted || startsIn(group, reasons) };
};

/** Did they start PostgreSQL, or promote it, whatever has become of what was begun with that? */
export const startsIn = (group: readonly Step[], reasons: readonly (string | undefined)[]): boolean =>
  group.some(({ kind }, i) => (kind === 'start' || kind === 'promote') && reasons[i] === undefined);

export type Conclusion =
  | { readonly kind: 'end'; readonly result: ActionResult; readonly keepsMemory: boolean }
  | {
      readonly kind: 'look';
      readonly waitingFor: string;
      readonly afterMs: number;
      readonly looksAt?: Look;
    };

/** Between two looks at something that is under way. */
const LOOK_AGAIN_MS = 50;

/** For so long after an operation has begun, what the cluster said then is relied on. An election has a limit of its own. */
const RELIED_ON_MS = 1_000;

const isOld = (looksAt: Look, elapsedMs: number): boolean => looksAt === 'node' && elapsedMs > RELIED_ON_MS;

/** Steps that return when what they began is over: writes may be waiting for what comes next. */
const WAITS_ITSELF: readonly (StepKind | undefined)[] = ['stop', 'awaitPromoted'];

/** That it failed matters to nobody here: a balancer that is not told goes by what it knows, and a monitor finds what nobody watches. */
const MAY_FAIL: readonly StepKind[] = ['tellLag', 'watch'];

export const failureOf = (failed: FailedStep | undefined): string | undefined =>
  failed && !MAY_FAIL.includes(failed.kind) ? `${failed.kind}: ${failed.reason}` : undefined;

/**
 * What an operation does after it has carried out a decision: it ends, or looks again.
 *
 * @param lastFailure of any look of this operation; empty when there was none
 */
export const conclude = (
  { outcome, steps, whenStepFails }: Decision,
  failed: FailedStep | undefined,
  time: { readonly elapsedMs: number; readonly isOver: boolean },
  lastFailure: string,
): Conclusion => {
  const failure = failureOf(failed);
  const isOfRecord = failed?.kind === 'record' || failed?.kind === 'confirm';
  const givesUp =
    failure !== undefined &&
    (whenStepFails === 'finish' || (whenStepFails === 'finish-once-confirmed' && !isOfRecord));
  if (outcome.kind === 'done' && (failure === undefined || givesUp))
    return { kind: 'end', result: resultOf(outcome), keepsMemory: true };
  const waitingFor = outcome.kind === 'again' ? outcome.waitingFor : `another try: ${failure}`;
  const limit = limitOf(outcome);
  if (limit !== undefined && (givesUp || time.elapsedMs >= limit.ms))
    return { kind: 'end', result: resultOf(limit), keepsMemory: true };
  if (time.isOver) {
    const why = lastFailure === '' ? '' : `; last failure: ${lastFailure}`;
    return {
      kind: 'end',
      result: { code: OcfExit.GENERIC, exitReason: `out of time waiting for ${waitingFor}${why}` },
      keepsMemory: false,
    };
  }
  const isOver = failed === undefined && WAITS_ITSELF.includes(steps.at(-1)?.kind);
  const { pauseMs, looksAt } = outcome.kind === 'again' ? outcome : {};
  return {
    kind: 'look',
    waitingFor,
    afterMs: isOver ? 0 : (pauseMs ?? LOOK_AGAIN_MS),
    ...(looksAt === undefined || failed !== undefined || isOld(looksAt, time.elapsedMs) ? {} : { looksAt }),
  };
};

const limitOf = (outcome: Outcome): Limit | undefined =>
  outcome.kind === 'again'
    ? outcome.atMost
    : outcome.retryMs === undefined
      ? undefined
      : { ...outcome, ms: outcome.retryMs };

const resultOf = ({ code, exitReason }: ActionResult): ActionResult =>
  exitReason === undefined ? { code } : { code, exitReason };

/**
 * Any other operation has ended the watcher, with what it had reported: a server that it leaves running is watched anew. And
 * what it leaves is another server, or another role: how often the one before could not write says nothing of it.
 */
export const memoryAtBegin = (kind: CallKind, memory: Memory): Memory => {
  if (kind === 'monitor' || kind === 'notify') return memory;
  const { watchTried: _, writeFailures: __, ...rest } = memory;
  return rest;
};

/**
 * Started, or being promoted, is only what the steps have come to: one that failed before is tried again. What was started
 * stays so, whatever fails after it: a demotion would stop its new standby as if it were still the primary.
 */
export const memoryAfter = (before: Memory, decided: Memory, failed: FailedStep | undefined): Memory =>
  failed?.kind === 'watch' || decided.watchTried === before.watchTried
    ? startedAfter(before, decided, failed)
    : withoutTry(startedAfter(before, decided, failed));

const startedAfter = (before: Memory, decided: Memory, failed: FailedStep | undefined): Memory => {
  if (failed?.kind === 'tellLag') return { ...decided, lag: LAG_UNTOLD };
  if (failed?.isStarted) return decided;
  if (failed?.kind === 'takeLock') return withoutLock(decided);
  if (failed?.kind === 'awaitNames') return { ...notStarted(before, decided), holdsNothing: true };
  if (failed?.kind === 'start') return { ...decided, startFailure: failed.reason };
  return failed === undefined || !decided.started ? decided : notStarted(before, decided);
};

const notStarted = (before: Memory, { started: _, ...rest }: Memory): Memory =>
  before.started === undefined ? rest : { ...rest, started: before.started };

/** Only a watcher that could not be started is not tried again, and nobody has tried where a step before it failed. */
const withoutTry = ({ watchTried: _, ...rest }: Memory): Memory => rest;

const withoutLock = ({ holdsLock: _, ...rest }: Memory): Memory => rest;

/**
 * What must not be forgotten though this operation be killed in the next moment: a word that is about to be given to the primary,
 * a loss of quorum. All else that an operation learns is kept at its end.
 */
export const keptAtOnce = (
  { apart: _, ...remembered }: Memory,
  before: Memory,
  { lock, apart }: Memory,
): Memory | undefined => {
  const isWordGiven = lock?.wordAtMs !== before.lock?.wordAtMs;
  const isQuorumLost = apart === undefined && before.apart !== undefined;
  return isWordGiven || isQuorumLost
    ? {
        ...remembered,
        ...(lock === undefined ? {} : { lock }),
        ...(apart === undefined ? {} : { apart }),
      }
    : undefined;
};

/**
 * What could not be kept is not told: neither is a word given that this node would forget, nor one taken back, since as long as it
 * stands there it is remembered by that.
 */
export const withoutWord = (decision: Decision, { arbiter }: Pick<StateNames, 'arbiter'>): Decision => ({
  ...decision,
  steps: decision.steps.flatMap((step): readonly Step[] => {
    if (step.kind !== 'publish') return [step];
    const changes = step.changes.filter(({ name }) => name !== arbiter);
    return changes.length === 0 ? [] : [{ ...step, changes }];
  }),
});
