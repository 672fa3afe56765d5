import type { MonInstance } from '../../pacemaker/crm-mon.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { isGivenUp, type Outcome, whatIsWrong } from '../run-state/outcome.ts';
import type { Scope } from '../run-state/scope.ts';
import { instancesIn, isActive } from '../run-state/situation.ts';
import { nodeRows } from '../status/node-rows.ts';
import { isReplicated, isWell } from '../status/rules/replication-rules.ts';
import type { Situation } from '../status/situation.ts';
import { nodesDisagree } from '../status/verdict.ts';

/** What still runs on a node. */
export const leftOn = (situation: Situation, scope: Scope, node: string): readonly MonInstance[] =>
  instancesIn(situation, scope).filter((instance) => isActive(instance) && instance.nodes.includes(node));

/** Done when nothing of the database runs on the node any more and, if asked for, another node is the primary. Pure. */
export function leftOutcome(situation: Situation, scope: Scope, node: string, primaryToo: boolean): Outcome {
  const left = leftOn(situation, scope, node);
  const stuck = left.filter(({ blocked }) => blocked);
  if (stuck.length > 0) {
    return {
      kind: 'settled',
      code: CommandExit.ERROR,
      sentence: `${enumerate(stuck.map(({ resource }) => resource))} could not be stopped on ${node}\n${whatIsWrong(situation)}`,
    };
  }
  if (left.length > 0) {
    const names = [...new Set(left.map(({ resource }) => resource))];
    return { kind: 'waiting', what: `${enumerate(names)} not yet gone from ${node}` };
  }
  const [primary] = situation.promoted;
  if (primaryToo && primary === undefined) return { kind: 'waiting', what: 'no other primary yet' };
  if (primaryToo) {
    const idle = scope.primitives.filter(
      (name) => !instancesIn(situation, scope).some((each) => each.resource === name && isActive(each)),
    );
    if (idle.length > 0) return { kind: 'waiting', what: `${enumerate(idle)} not yet running elsewhere` };
  }
  const now = primary === undefined ? '' : `; ${primary} is the primary`;
  return { kind: 'reached', sentence: `${node} is in standby mode and runs nothing${now}` };
}

/** Done when the node streams from the primary again, or is the primary. Pure. */
export function backOutcome(situation: Situation, node: string): Outcome {
  const row = nodeRows(situation).find(({ name }) => name === node);
  // Right after a start that failed, Pacemaker may show an instance as promoted that never ran (seen in 2.1.5).
  if (
    nodesDisagree(situation) ||
    situation.instances.some((each) => each.failed && each.nodes.includes(node))
  ) {
    return { kind: 'waiting', what: `Pacemaker sorts out what failed on ${node}` };
  }
  if (row?.role === 'primary') return { kind: 'reached', sentence: `${node} is the primary` };
  if (row !== undefined && (isReplicated(situation) ? isWell(row) : row.role !== 'stopped')) {
    return { kind: 'reached', sentence: `${node} runs again (${row.dataStatus ?? row.role})` };
  }
  if (row?.role === 'stopped' && isGivenUp(situation, node)) {
    return {
      kind: 'settled',
      code: CommandExit.STANDBYS_NOT_WELL,
      sentence: `${node} could not be started\n${whatIsWrong(situation)}`,
    };
  }
  const state = row?.role === 'standby' ? `not yet streaming (${row.dataStatus})` : 'not yet running';
  return { kind: 'waiting', what: `${node} ${state}` };
}
