/** What rules about balancers of reads have in common. */
import type { Balancer } from '../balancer.ts';
import type { BalancerFacts } from '../facts/facts.ts';
import { directorNodes } from '../placement.ts';
import { byValue, type Finding, type Rule } from '../rule.ts';
import { examined, type RunningCluster, type Situation } from '../situation.ts';

export interface BalancerSide {
  readonly balancer: Balancer;
  readonly situation: Situation;
}

/** A rule that looks at one balancer at a time; one whose parameters cannot be used is left out. */
export const ofBalancers =
  (find: (side: BalancerSide) => readonly Finding[]): Rule['find'] =>
  (situation) => {
    const usable = situation.balancers.filter(({ config }) => config !== undefined);
    return usable.length === 0 ? undefined : usable.flatMap((balancer) => find({ balancer, situation }));
  };

/** The same for a rule that needs a running Pacemaker. */
export const ofRunningBalancers =
  (find: (side: BalancerSide & { readonly cluster: RunningCluster }) => readonly Finding[]): Rule['find'] =>
  (situation) => {
    const { cluster } = situation;
    return cluster === undefined || situation.source !== 'cluster'
      ? undefined
      : ofBalancers((side) => find({ ...side, cluster }))(situation);
  };

/** Nodes that were examined, with what they are to this balancer. */
export const nodesOf = ({ balancer, situation }: BalancerSide) =>
  examined(situation).flatMap(({ node, facts }): readonly { node: string; own: BalancerFacts }[] => {
    const own = facts.balancers.find(({ id }) => id === balancer.id);
    return own === undefined ? [] : [{ node, own }];
  });

/** Those of them on which the director may run. */
const possibleDirectors = (side: BalancerSide) => {
  const { cluster, nodes } = side.situation;
  const may = cluster === undefined ? nodes : directorNodes(side.balancer, cluster);
  return nodesOf(side).filter(({ node }) => may.includes(node));
};

/** A rule about nodes on which the director may run. It says nothing where none of them was examined. */
export const ofDirectors =
  (
    find: (side: BalancerSide, directors: ReturnType<typeof possibleDirectors>) => readonly Finding[],
  ): Rule['find'] =>
  (situation) => {
    const sides = situation.balancers
      .filter(({ config }) => config !== undefined)
      .map((balancer) => ({ balancer, situation }))
      .map((side) => ({ side, directors: possibleDirectors(side) }))
      .filter(({ directors }) => directors.length > 0);
    return sides.length === 0 ? undefined : sides.flatMap(({ side, directors }) => find(side, directors));
  };

/** Nodes with the same value; those without one are left out. */
export const byValueOn = <T>(
  entries: readonly { readonly node: string; readonly value: T | undefined }[],
  keyOf: (value: T) => unknown = (value) => value,
) =>
  byValue(
    entries.flatMap(({ node, value }) => (value === undefined ? [] : [{ node, value }])),
    keyOf,
  );
