import type { Definition } from '../../pacemaker/definition.ts';
import type { DirectorResource } from '../balancer/director-resource.ts';
import type { RunningCluster } from './situation.ts';

/** The names under which constraints may speak of a primitive: its own, and that of its group. */
const namesOf = (resource: string, { groups }: Definition): readonly string[] => [
  resource,
  ...[...groups].filter(([, members]) => members.includes(resource)).map(([group]) => group),
];

/** Nodes on which the director may run, as far as the location constraints say. */
export function directorNodes(
  { id, addressResource }: DirectorResource,
  { view, definition }: RunningCluster,
): readonly string[] {
  const names = [id, ...(addressResource === undefined ? [] : [addressResource])].flatMap((each) =>
    namesOf(each, definition),
  );
  const banned = new Set(
    definition.locations
      .filter(({ resource, score }) => names.includes(resource) && score === '-INFINITY')
      .map(({ node }) => node),
  );
  return [...view.nodes.values()]
    .filter(({ name, remote }) => !remote && !banned.has(name))
    .map(({ name }) => name);
}

/** Whether one is always where the other is. */
export function areTogether(one: string, other: string, definition: Definition): boolean {
  const [ones, others] = [namesOf(one, definition), namesOf(other, definition)];
  return (
    ones.some((group) => group !== one && others.includes(group)) ||
    definition.colocations.some(
      (each) =>
        /^\+?INFINITY$/.test(each.score) &&
        ((ones.includes(each.resource) && others.includes(each.with)) ||
          (others.includes(each.resource) && ones.includes(each.with))),
    )
  );
}

/** Whether one is started before the other. */
export function comesBefore(one: string, other: string, definition: Definition): boolean {
  const [ones, others] = [namesOf(one, definition), namesOf(other, definition)];
  return (
    [...definition.groups.values()].some(
      (members) => members.includes(one) && members.indexOf(one) < members.indexOf(other),
    ) || definition.orders.some(({ first, next }) => ones.includes(first) && others.includes(next))
  );
}
