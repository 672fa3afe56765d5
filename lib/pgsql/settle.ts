import type { ActionResult, Logger } from '../../heartbeat-ocf/index.ts';
import { monotonicMs, sleep } from '../system/clock.ts';
import {
  conclude,
  type FailedStep,
  failedIn,
  failureOf,
  keptAtOnce,
  memoryAfter,
  memoryAtBegin,
  startsIn,
  withoutWord,
} from './conclude.ts';
import type { PgsqlConfig } from './config.ts';
import { withClusterNames } from './decide/context.ts';
import type { Decision, Look } from './decide/decision.ts';
import { describeStep } from './describe-step.ts';
import { execute } from './execute.ts';
import type { Installation } from './installation.ts';
import { loadMemory, saveMemory } from './memory-file.ts';
import { type Call, observe, observeElection } from './observe.ts';
import { raisedBy } from './record.ts';
import type { Snapshot } from './snapshot.ts';
import { sideBySide } from './steps.ts';

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
  let memory = memoryAtBegin(call.kind, remembered);
  let lastFailure = '';
  let shorter: { readonly looksAt: Look; readonly since: Snapshot } | undefined;
  for (let round = 0; ; round++) {
    const snapshot =
      shorter?.looksAt === 'election'
        ? await observeElection(shorter.since, call, installation, memory, round)
        : await observe(call, installation, config, memory, round, shorter?.since);
    const wanted = decide(
      snapshot,
      snapshot.cluster.known ? withClusterNames(config, snapshot.cluster.value) : config,
    );
    const decided = logDecision(call, wanted, log);
    const kept = call.isProbe ? undefined : keptAtOnce(remembered, memory, decided);
    const unkept = kept === undefined ? undefined : saveMemory(installation.memoryFile, remembered, kept);
    if (unkept !== undefined)
      log.warn(`${call.kind}: nothing is said of the arbiter, since it would be forgotten here: ${unkept}`);
    const decision = unkept === undefined ? wanted : withoutWord(wanted, snapshot.names);
    const failed = await carryOut(decision, snapshot, installation, call, log);
    memory = memoryAfter(memory, decided, failed);
    lastFailure = failureOf(failed) ?? lastFailure;
    const time = { elapsedMs: monotonicMs() - startedMs, isOver: call.deadline.expired() };
    const conclusion = conclude(decision, failed, time, lastFailure);
    if (conclusion.kind === 'end') {
      if (conclusion.keepsMemory && !call.isProbe) saveMemory(installation.memoryFile, remembered, memory);
      if (decision.outcome.kind === 'again' && conclusion.keepsMemory)
        log.info(`not waiting any longer for ${decision.outcome.waitingFor}`);
      return conclusion.result;
    }
    const { looksAt } = conclusion;
    shorter = looksAt === undefined ? undefined : { looksAt, since: snapshot };
    step(`waiting for ${conclusion.waitingFor}`);
    if (conclusion.afterMs > 0) await sleep(conclusion.afterMs);
  }
};

/** @returns the first step that failed, and why; those after it and what was begun with it are not carried out */
const carryOut = async (
  decision: Decision,
  snapshot: Snapshot,
  installation: Installation,
  call: Call,
  log: Logger,
): Promise<FailedStep | undefined> => {
  const tools = { installation, deadline: call.deadline, note: (s: string) => log.info(s) };
  let now = snapshot;
  let isStarted = false;
  for (const group of sideBySide(decision.steps)) {
    const reasons = await Promise.all(
      group.map(async (step): Promise<string | undefined> => {
        const result = await execute(step, { ...tools, snapshot: now });
        if (result.ok) log.debug(`${call.kind}: ${describeStep(step)}`);
        else log.warn(`${call.kind}: ${describeStep(step)}: failed: ${result.reason}`);
        return result.ok ? undefined : result.reason;
      }),
    );
    const failed = failedIn(group, reasons, isStarted);
    if (failed !== undefined) return failed;
    isStarted ||= startsIn(group, reasons);
    now = raisedBy(group, now);
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
