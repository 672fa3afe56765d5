import { type ActionResult, type Logger, OcfExit } from '../../../heartbeat-ocf/index.ts';
import { sleep } from '../../system/clock.ts';
import type { DirectorConfig } from './config.ts';
import type { Decision } from './decide/decision.ts';
import { execute } from './execute.ts';
import { isFollower } from './follower.ts';
import { exclusively } from './lock.ts';
import type { Memory } from './memory.ts';
import { loadMemory, saveMemory } from './memory-file.ts';
import { type Call, observe } from './observe.ts';
import type { Snapshot } from './snapshot.ts';

/** Between two looks at something that is under way. */
const LOOK_AGAIN_MS = 100;

export type Decide = (snapshot: Snapshot, config: DirectorConfig) => Decision;

/** observe → decide → execute, until settled or out of time. What ran out of time is named. */
export const settle = (
  decide: Decide,
  call: Call,
  config: DirectorConfig,
  log: Logger,
  step: (what: string) => void,
): Promise<ActionResult> =>
  call.isProbe
    ? settleAlone(decide, call, config, log, step)
    : exclusively(call.resource, call.deadline, async () =>
        // While a follower waits for its turn, an action with other parameters may have put another in its place.
        call.kind === 'update' && !isFollower(call.resource)
          ? { code: OcfExit.NOT_RUNNING }
          : settleAlone(decide, call, config, log, step),
      );

const settleAlone = async (
  decide: Decide,
  call: Call,
  config: DirectorConfig,
  log: Logger,
  step: (what: string) => void,
): Promise<ActionResult> => {
  const remembered = loadMemory(call.resource);
  let memory = remembered;
  let lastFailure = '';
  for (let round = 0; ; round++) {
    const decision = decide(await observe(call, config, memory, round), config);
    const logged = logDecision(call, decision, memory, log);
    const failure = await carryOut(decision, call, config, log);
    memory = failure === undefined ? { ...logged, failures: 0 } : notDone(memory, logged);
    lastFailure = failure ?? lastFailure;
    const { outcome } = decision;
    const isForgotten = failure === undefined && decision.steps.some(({ kind }) => kind === 'forget');
    if (!call.isProbe && !isForgotten) saveMemory(call.resource, remembered, memory);
    // The next monitor tries again what this one could not do.
    if (
      outcome.kind === 'done' &&
      (failure === undefined || call.kind === 'monitor' || call.kind === 'update')
    )
      return outcome.exitReason === undefined
        ? { code: outcome.code }
        : { code: outcome.code, exitReason: outcome.exitReason };
    const waitingFor = outcome.kind === 'again' ? outcome.waitingFor : `another try: ${failure}`;
    step(`waiting for ${waitingFor}`);
    if (call.deadline.expired()) {
      const why = lastFailure === '' ? '' : `; last failure: ${lastFailure}`;
      return { code: OcfExit.GENERIC, exitReason: `out of time waiting for ${waitingFor}${why}` };
    }
    await sleep(LOOK_AGAIN_MS);
  }
};

/** What was to be done is to be done yet: only what was seen is remembered. */
const notDone = (before: Memory, decided: Memory): Memory => ({
  ...decided,
  report: before.report,
  reportedAtMs: before.reportedAtMs,
  failures: decided.failures + 1,
});

/** @returns why the first step that failed did; the steps after it are not carried out */
const carryOut = async (
  decision: Decision,
  { resource, deadline, kind }: Call,
  config: DirectorConfig,
  log: Logger,
): Promise<string | undefined> => {
  for (const step of decision.steps) {
    const result = await execute(step, {
      resource,
      config,
      deadline,
      note: (sentence) => log.info(`${kind}: ${sentence}`),
      warn: (sentence) => log.warn(`${kind}: ${sentence}`),
    });
    if (!result.ok) {
      log.warn(`${kind}: ${step.kind}: failed: ${result.reason}`);
      return `${step.kind}: ${result.reason}`;
    }
  }
  return undefined;
};

/** A rule is logged when it starts to hold, not at every monitor for as long as it does. */
const logDecision = (call: Call, decision: Decision, before: Memory, log: Logger): Memory => {
  const kind = call.kind === 'update' ? 'monitor' : call.kind;
  const keyOf = ({ rule, because, key }: Decision['reasons'][number]): string => key ?? `${rule} ${because}`;
  const known = new Set(before.logged[kind]?.split('\n'));
  for (const each of decision.reasons) {
    if (!known.has(keyOf(each)) || call.isProbe)
      log[each.level](`${call.kind}: [${each.rule}] ${each.because}`);
  }
  const logged = { ...before.logged, [kind]: decision.reasons.map(keyOf).join('\n') };
  return { ...decision.memory, logged };
};
