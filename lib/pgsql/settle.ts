import { type ActionResult, type Logger, OcfExit } from '../../heartbeat-ocf/index.ts';
import { monotonicMs, sleep } from '../system/clock.ts';
import type { PgsqlConfig } from './config.ts';
import { withClusterNames } from './decide/context.ts';
import type { Decision } from './decide/decision.ts';
import { describeStep, execute } from './execute.ts';
import type { Installation } from './installation.ts';
import { LAG_UNTOLD, type Memory } from './memory.ts';
import { loadMemory, saveMemory } from './memory-file.ts';
import { type Call, observe } from './observe.ts';
import type { Snapshot } from './snapshot.ts';
import type { StepKind } from './steps.ts';

/** Between two looks at something that is under way. */
const LOOK_AGAIN_MS = 50;

/** Steps that return when what they began is over: writes may be waiting for what comes next. */
const WAITS_ITSELF: readonly (StepKind | undefined)[] = ['stop', 'awaitPromoted'];

export type Decide = (snapshot: Snapshot, config: PgsqlConfig) => Decision;

/** observe → decide → execute, until settled or out of time. What ran out of time is named. */
export const settle = async (
  decide: Decide,
  call: Call,
  installation: Installation,
  config: PgsqlConfig,
  log: Logger,
  step: (what: string) => void,
): Promise<ActionResult> => {
  const startedMs = monotonicMs();
  const remembered = loadMemory(installation.memoryFile);
  let memory = remembered;
  let lastFailure = '';
  for (let round = 0; ; round++) {
    const snapshot = await observe(call, installation, config, memory, round);
    const decision = decide(
      snapshot,
      snapshot.cluster.known ? withClusterNames(config, snapshot.cluster.value) : config,
    );
    const decided = logDecision(call, decision, log);
    const failed = await carryOut(decision, snapshot, installation, call, log);
    memory = memoryAfter(memory, decided, failed);
    // It matters to nobody here: a balancer that is not told goes by what it knows.
    const failure = failed && failed.kind !== 'tellLag' ? `${failed.kind}: ${failed.reason}` : undefined;
    lastFailure = failure ?? lastFailure;
    const { outcome } = decision;
    const givesUp = failure !== undefined && decision.whenStepFails === 'finish';
    if (outcome.kind === 'done' && (failure === undefined || givesUp)) {
      if (!call.isProbe) saveMemory(installation.memoryFile, remembered, memory);
      return resultOf(outcome);
    }
    const waitingFor = outcome.kind === 'again' ? outcome.waitingFor : `another try: ${failure}`;
    step(`waiting for ${waitingFor}`);
    const limit = outcome.kind === 'again' ? outcome.atMost : undefined;
    if (limit !== undefined && (givesUp || monotonicMs() - startedMs >= limit.ms)) {
      log.info(`not waiting any longer for ${waitingFor}`);
      if (!call.isProbe) saveMemory(installation.memoryFile, remembered, memory);
      return resultOf(limit);
    }
    if (call.deadline.expired()) {
      const why = lastFailure === '' ? '' : `; last failure: ${lastFailure}`;
      return { code: OcfExit.GENERIC, exitReason: `out of time waiting for ${waitingFor}${why}` };
    }
    if (failed !== undefined || !WAITS_ITSELF.includes(decision.steps.at(-1)?.kind))
      await sleep(LOOK_AGAIN_MS);
  }
};

const resultOf = ({ code, exitReason }: ActionResult): ActionResult =>
  exitReason === undefined ? { code } : { code, exitReason };

interface FailedStep {
  readonly kind: StepKind;
  readonly reason: string;
  /** an earlier step has started PostgreSQL */
  readonly isStarted: boolean;
}

/**
 * Started, or being promoted, is only what the steps have come to: one that failed before is tried again. What was started
 * stays so, whatever fails after it: a demotion would stop its new standby as if it were still the primary.
 */
export const memoryAfter = (before: Memory, decided: Memory, failed: FailedStep | undefined): Memory => {
  if (failed?.kind === 'tellLag') return { ...decided, lag: LAG_UNTOLD };
  if (failed?.isStarted) return decided;
  if (failed?.kind === 'start') return { ...decided, startFailure: failed.reason };
  if (failed === undefined || !decided.started) return decided;
  const { started: _, ...rest } = decided;
  return before.started === undefined ? rest : { ...rest, started: before.started };
};

/** @returns the first step that failed, and why; the steps after it are not carried out */
const carryOut = async (
  decision: Decision,
  snapshot: Snapshot,
  installation: Installation,
  call: Call,
  log: Logger,
): Promise<FailedStep | undefined> => {
  for (const [index, step] of decision.steps.entries()) {
    const result = await execute(step, {
      installation,
      snapshot,
      deadline: call.deadline,
      note: (s) => log.info(s),
    });
    if (!result.ok) {
      log.warn(`${call.kind}: ${describeStep(step)}: failed: ${result.reason}`);
      const isStarted = decision.steps.slice(0, index).some(({ kind }) => kind === 'start');
      return { kind: step.kind, reason: result.reason, isStarted };
    }
    log.debug(`${call.kind}: ${describeStep(step)}`);
  }
  return undefined;
};

/** A rule is logged when it starts to hold, not at every monitor for as long as it does. */
const logDecision = (call: Call, decision: Decision, log: Logger): Decision['memory'] => {
  const key = decision.reasons.map(({ rule, because }) => `[${rule}] ${because}`).join('\n');
  const known = decision.memory.logged[call.kind] === key;
  for (const { rule, because, level } of decision.reasons) {
    if (!known || level === 'error') log[level](`${call.kind}: [${rule}] ${because}`);
  }
  return { ...decision.memory, logged: { ...decision.memory.logged, [call.kind]: key } };
};
