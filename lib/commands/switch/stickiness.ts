import { mergeSets } from '../../pacemaker/nvpairs.ts';
import { idOf, type ResourceTree, topOf } from '../../pacemaker/resource-tree.ts';
import { childrenOf, descendantsOf, type XmlElement } from '../../pacemaker/xml.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

/** Tried with crm_simulate against the scores 1000 and 2000: 450 in sum let the primary go, 500 hold it. */
const HOLDS = 500;

const NAME = 'resource-stickiness';

/**
 * What holds the primary where it is, when it is more than the successor's score can move: the stickiness of the
 * database and of what is colocated with its promoted role, such as the write VIP, which all add up. Pure.
 */
export function holdingStickiness(tree: ResourceTree, resource: PgsqlResource): string | undefined {
  const top = topOf(tree, resource.id);
  if (top === undefined) return undefined;
  const tops = new Set([top, ...withPromoted(tree, resource)]);
  const found = [...tops].flatMap((each) => stickinessIn(each, tree)).filter(({ value }) => value > 0);
  const sum = found.reduce((total, { value }) => total + value, 0);
  return sum >= HOLDS ? found.map(({ id, text, from }) => `${id} ${text}${from}`).join(', ') : undefined;
}

const withPromoted = (tree: ResourceTree, resource: PgsqlResource): readonly XmlElement[] =>
  tree.constraints.flatMap(({ tag, attributes }) => {
    const on = attributes.get('with-rsc') ?? '';
    const role = attributes.get('with-rsc-role')?.toLowerCase() ?? '';
    const isTied =
      tag === 'rsc_colocation' &&
      (on === resource.name || on === resource.id) &&
      (role === 'promoted' || role === 'master') &&
      /^\+?INFINITY$/i.test(attributes.get('score') ?? '');
    const dependent = isTied ? topOf(tree, attributes.get('rsc') ?? '') : undefined;
    return dependent === undefined ? [] : [dependent];
  });

interface Stickiness {
  readonly id: string;
  readonly text: string;
  readonly value: number;
  readonly from: string;
}

/** A resource's own comes before that of the clone or group it is in, and that before the default. */
const stickinessIn = (top: XmlElement, { defaults }: ResourceTree): readonly Stickiness[] =>
  (top.tag === 'primitive' ? [top] : descendantsOf(top, 'primitive')).map((primitive) => {
    const given = ownOf(primitive) ?? ownOf(top);
    const text = given ?? defaults.get(NAME) ?? '0';
    const value = /^\+?INFINITY$/i.test(text) ? Number.POSITIVE_INFINITY : Number(text) || 0;
    return { id: idOf(primitive), text, value, from: given === undefined ? ' (rsc_defaults)' : '' };
  });

const ownOf = (element: XmlElement): string | undefined =>
  mergeSets(childrenOf(element, 'meta_attributes')).values.get(NAME);
