import type { PlannedAction, Prediction } from '../../pacemaker/simulate.ts';
import type { Fact } from '../../system/fact.ts';
import { enumerate } from '../cli/text.ts';
import type { Scope } from '../run-state/scope.ts';
import type { Situation } from '../status/situation.ts';

export interface Foreseen {
  /** `it would do nothing but monitor`, for `Pacemaker says that …`. */
  readonly sentence: string;
  /** Something that serves is stopped, or another node becomes the primary. */
  readonly isDisruptive: boolean;
}

const STOPPING: readonly string[] = ['stop', 'demote', 'migrate'];

/** What an operator should know of the prediction. Pure. */
export function foreseen(prediction: Fact<Prediction>, { facts }: Situation, scope: Scope): Foreseen {
  if (!prediction.known) {
    return { sentence: `it cannot be said what it would do (${prediction.reason})`, isDisruptive: true };
  }
  const actions = prediction.value.actions.filter(({ resource }) => scope.primitives.includes(resource));
  const isFailover = ({ action, node }: PlannedAction): boolean =>
    action === 'promote' && facts.replInfo !== undefined && node !== facts.replInfo.node;
  return {
    sentence:
      actions.length === 0
        ? 'it would do nothing but monitor'
        : `it would ${enumerate(actions.map(({ action, resource, node }) => `${action} ${resource} on ${node}`))}`,
    isDisruptive: actions.some((action) => STOPPING.includes(action.action) || isFailover(action)),
  };
}
