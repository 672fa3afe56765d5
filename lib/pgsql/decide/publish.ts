import { type ClusterFacts, changedOnly } from '../cluster-facts.ts';
import type { Publication, Step } from '../steps.ts';

/** One step, or none: an empty one would be logged, and counted as work. */
export const publish = (changes: readonly Publication[]): Step[] =>
  changes.length > 0 ? [{ kind: 'publish', changes }] : [];

export const publishChanged = (facts: ClusterFacts, wanted: readonly Publication[]): Step[] =>
  publish(changedOnly(facts, wanted));
