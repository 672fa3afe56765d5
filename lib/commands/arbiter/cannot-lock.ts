import { ArbiterWord, stateNames } from '../../pgsql/names.ts';
import type { Situation } from '../status/situation.ts';

/** Whether this node has said that it does not reach the arbiter, so that it would not be promoted. */
export const cannotLock = (
  { resource, facts }: Pick<Situation, 'resource' | 'facts'>,
  node: string,
): boolean =>
  resource.parameters.enable_distlock &&
  ArbiterWord.isSilent(facts.transient(node, stateNames(resource.id).arbiter));
