import type { NodeRow } from './node-rows.ts';
import type { Problem } from './problem.ts';
import { arbiterRules } from './rules/arbiter-rules.ts';
import { balancerRules } from './rules/balancer-rules.ts';
import { clusterRules } from './rules/cluster-rules.ts';
import { databaseRules } from './rules/database-rules.ts';
import { deviceRules } from './rules/device-rules.ts';
import { replicationRules } from './rules/replication-rules.ts';
import { resourceRules } from './rules/resource-rules.ts';
import type { Situation } from './situation.ts';

/** In the order in which an operator should look at them. */
export const PROBLEM_RULES = [
  ...clusterRules,
  ...resourceRules,
  ...arbiterRules,
  ...deviceRules,
  ...replicationRules,
  ...databaseRules,
  ...balancerRules,
];

const ORDER = { error: 0, warning: 1, note: 2 } as const;

/** Everything that is wrong, the gravest first. Pure. */
export function problemsOf(situation: Situation, rows: readonly NodeRow[]): readonly Problem[] {
  return PROBLEM_RULES.flatMap(({ id, find }) =>
    find(situation, rows).map((finding) => ({ id, ...finding })),
  ).sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}
