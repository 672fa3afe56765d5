import { childrenOf, type XmlElement } from './xml.ts';

/** A location constraint that names a node; those with a rule of their own are left out. */
export interface Location {
  readonly id: string;
  readonly resource: string;
  readonly node: string;
  readonly score: string;
}

/** `resource` is to be where `with` is. */
export interface Colocation {
  readonly id: string;
  readonly resource: string;
  readonly with: string;
  readonly score: string;
}

export interface Order {
  readonly id: string;
  readonly first: string;
  readonly next: string;
}

/** Where resources may be, beside each other and one after the other. Sets are written out as pairs. */
export interface Constraints {
  readonly locations: readonly Location[];
  readonly colocations: readonly Colocation[];
  readonly orders: readonly Order[];
}

/** @param constraints the CIB's element of that name */
export const readConstraints = (constraints: XmlElement | undefined): Constraints => ({
  locations: childrenOf(constraints, 'rsc_location').flatMap(({ attributes }) => {
    const [node, score] = [attributes.get('node'), attributes.get('score')];
    return node === undefined || score === undefined
      ? []
      : [{ id: attributes.get('id') ?? '', resource: attributes.get('rsc') ?? '', node, score }];
  }),
  colocations: childrenOf(constraints, 'rsc_colocation').flatMap((element) =>
    pairsOf(element, 'with-rsc', 'rsc').map(([before, after]) => ({
      id: element.attributes.get('id') ?? '',
      resource: after,
      with: before,
      score: element.attributes.get('score') ?? 'INFINITY',
    })),
  ),
  orders: childrenOf(constraints, 'rsc_order').flatMap((element) =>
    pairsOf(element, 'first', 'then').map(([first, next]) => ({
      id: element.attributes.get('id') ?? '',
      first,
      next,
    })),
  ),
});

/** The one pair that a constraint names, or those of its sets: each member after all those that are written before it. */
const pairsOf = (
  element: XmlElement,
  before: string,
  after: string,
): readonly (readonly [string, string])[] => {
  const [one, other] = [element.attributes.get(before), element.attributes.get(after)];
  if (one !== undefined && other !== undefined) return [[one, other]];
  const sets = childrenOf(element, 'resource_set').map((set) => ({
    isOrdered: set.attributes.get('sequential') !== 'false',
    members: childrenOf(set, 'resource_ref').map(({ attributes }) => attributes.get('id') ?? ''),
  }));
  return sets.flatMap(({ isOrdered, members }, at) =>
    members.flatMap((member, place) => [
      ...(isOrdered ? members.slice(place + 1) : []).map((later) => [member, later] as const),
      ...sets.slice(at + 1).flatMap((set) => set.members.map((later) => [member, later] as const)),
    ]),
  );
};
