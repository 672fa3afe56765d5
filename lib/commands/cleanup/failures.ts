import type { MonFailCount, MonFailure } from '../../pacemaker/crm-mon.ts';
import { DataStatus } from '../../pgsql/names.ts';
import type { Scope } from '../run-state/scope.ts';
import { nodeRows } from '../status/node-rows.ts';
import type { Problem } from '../status/problem.ts';
import { problemsOf } from '../status/problems.ts';
import type { Situation } from '../status/situation.ts';

/** What Pacemaker remembers against a resource on a node. */
export interface Remembered {
  readonly resource: string;
  readonly node: string;
  readonly failures: readonly MonFailure[];
  readonly counts: readonly MonFailCount[];
}

/** Of one node, or of all. Pure. */
export function rememberedFailures(
  { mon }: Situation,
  { primitives }: Scope,
  node: string | undefined,
): readonly Remembered[] {
  const counts = mon.failCounts.filter(({ failCount }) => failCount > 0);
  const all = [...mon.failures, ...counts].filter(
    (each) => primitives.includes(each.resource) && (node === undefined || each.node === node),
  );
  const keys = new Set(all.map((each) => `${each.resource} ${each.node}`));
  return [...keys].map((key) => {
    const [resource = '', on = ''] = key.split(' ');
    const isIt = (each: { resource: string; node: string }) => each.resource === resource && each.node === on;
    return { resource, node: on, failures: mon.failures.filter(isIt), counts: counts.filter(isIt) };
  });
}

const REPAIRS: readonly string[] = ['diverged', 'rebuild-needed'];

/**
 * Nodes whose data do not fit the primary's: started again, they would only fail again. Between a start that failed and
 * the stop that follows, Pacemaker shows the instance as running, even as promoted (seen in 2.1.5): that counts for nothing.
 */
export function repairsNeeded(situation: Situation): readonly Problem[] {
  const failed = situation.instances.filter(({ failed }) => failed).flatMap(({ nodes }) => nodes);
  const without = (nodes: readonly string[]) => nodes.filter((node) => !failed.includes(node));
  const sober = {
    ...situation,
    running: without(situation.running),
    promoted: without(situation.promoted),
  };
  return problemsOf(sober, nodeRows(sober)).filter(({ id }) => REPAIRS.includes(id));
}

/** What may be wrong with the data of a node that is about to be started again. */
export function doubtsAbout(situation: Situation, node: string): readonly string[] {
  const { facts, running, promoted } = situation;
  const recorded = facts.replInfo?.node;
  if (running.includes(node) || recorded === undefined || recorded === node) return [];
  if (facts.dataStatus(node) === DataStatus.latest) {
    return [
      `${node} was primary before ${recorded} was: if it wrote anything that ${recorded} does not have, its start fails again and names the repair`,
    ];
  }
  return promoted.length === 0 && facts.dataStatus(node) === DataStatus.disconnect
    ? [
        `${node} did not stream when the primary ${recorded} was lost: it may lack acknowledged writes, and is not promoted as long as that is so`,
      ]
    : [];
}
