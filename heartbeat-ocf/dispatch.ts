import { deadlineIn } from '../lib/system/clock.ts';
import type { ActionContext, ActionName, ActionResult, AgentDeclaration } from './agent.ts';
import { type TimeBudget, timeBudget } from './budget.ts';
import { type CallEnvironment, readCallEnvironment } from './environment.ts';
import { OcfExit } from './exit-codes.ts';
import { executorsMs } from './going-on.ts';
import type { Logger } from './logging.ts';
import type { ParameterTable, ParameterValues } from './parameters.ts';
import { type Environment, parseParameters } from './parse.ts';

/** A call that has passed all checks, or the result that it ends with. */
export type Prepared =
  | { readonly kind: 'refused'; readonly result: ActionResult; readonly details: readonly string[] }
  | {
      readonly kind: 'ready';
      readonly action: ActionName;
      readonly budget: TimeBudget;
      readonly notices: readonly string[];
      /** `step` is told what the handler waits for */
      readonly perform: (log: Logger, step: (what: string) => void) => Promise<ActionResult>;
    };

const refused = (
  code: ActionResult['code'],
  exitReason: string,
  details: readonly string[] = [],
): Prepared => ({
  kind: 'refused',
  result: { code, exitReason },
  details,
});

const NEED_NO_ROOT: ReadonlySet<ActionName> = new Set(['validate-all']);

const VALIDATE_TIMEOUT_SECONDS = 20;

const isProbe = (action: ActionName, call: CallEnvironment): boolean =>
  action === 'monitor' && call.intervalMs === 0;

/** Checks a call before anything is done. Pure, so that nothing can be started or changed by a bad call. */
export const prepare = <T extends ParameterTable>(
  agent: AgentDeclaration<T>,
  action: ActionName,
  env: Environment,
  isRoot: boolean,
): Prepared => {
  const environment = readCallEnvironment(env);
  if (!environment.ok) return refused(OcfExit.ARGS, environment.sentence);
  const call = environment.value;
  if (!isRoot && !NEED_NO_ROOT.has(action)) {
    return refused(OcfExit.PERM, `${agent.name} ${action} needs root; run it as root`);
  }

  const declaration = agent.actions[action];
  const parsed = parseParameters(agent.parameters, env);
  const problems = parsed.problems.length > 0 ? parsed.problems : (agent.check?.(parsed.values, call) ?? []);
  const probe = isProbe(action, call);
  const tolerated =
    declaration?.toleratesBadParameters === true ||
    (probe && declaration?.toleratesBadParameters === 'probe');
  const [first, ...others] = problems;
  if (first !== undefined && !tolerated) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return refused(
      first.code,
      first.sentence + more,
      others.map((problem) => problem.sentence),
    );
  }

  const seconds = declaration?.advice[0].timeoutSeconds ?? VALIDATE_TIMEOUT_SECONDS;
  const budget = timeBudget(call.timeoutMs ?? seconds * 1000);
  const context = (log: Logger, step: (what: string) => void): ActionContext<ParameterValues<T>> => ({
    ...call,
    action,
    params: parsed.values,
    given: parsed.given,
    problems,
    isProbe: probe,
    env,
    // the executor's clock started before the handler
    deadline: deadlineIn(budget.handlerMs - executorsMs(env)),
    log,
    step,
  });
  const speaks = action === 'start' || action === 'validate-all';
  return {
    kind: 'ready',
    action,
    budget,
    notices: speaks && problems.length === 0 ? (agent.notices?.(parsed.values, call) ?? []) : [],
    // an agent without a validate-all of its own has passed by getting here
    perform: async (log, step) =>
      declaration === undefined ? { code: OcfExit.SUCCESS } : declaration.handler(context(log, step)),
  };
};
