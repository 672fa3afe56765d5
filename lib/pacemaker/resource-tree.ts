import { mergeSets } from './nvpairs.ts';
import { childOf, childrenOf, descendantsOf, parseXml, withoutElements, type XmlElement } from './xml.ts';

/** The resources of a CIB as they are nested, and what ties them together. */
export interface ResourceTree {
  /** What stands at the top: primitives, groups, clones and bundles. */
  readonly tops: readonly XmlElement[];
  readonly constraints: readonly XmlElement[];
  /** Meta attributes that hold wherever a resource has none of its own. */
  readonly defaults: ReadonlyMap<string, string>;
}

export const RESOURCE_TAGS = ['primitive', 'group', 'clone', 'master', 'bundle'] as const;

export const idOf = (element: XmlElement): string => element.attributes.get('id') ?? '';

/** Total: any text gives a tree or a reason. */
export function parseResourceTree(
  xml: string,
): { readonly ok: true; readonly tree: ResourceTree } | { readonly ok: false; readonly reason: string } {
  const parsed = parseXml(withoutElements(xml, ['status', 'acls', 'alerts']));
  if (!parsed.ok) return parsed;
  const configuration = childOf(parsed.root, 'configuration');
  return childOf(configuration, 'resources') === undefined
    ? { ok: false, reason: 'the CIB has no <resources>' }
    : { ok: true, tree: resourceTreeOf(configuration) };
}

/** The tree of a configuration that is at hand already. */
export function resourceTreeOf(configuration: XmlElement | undefined): ResourceTree {
  const resources = childOf(configuration, 'resources');
  const defaults = childrenOf(childOf(configuration, 'rsc_defaults'), 'meta_attributes');
  return {
    tops: RESOURCE_TAGS.flatMap((tag) => childrenOf(resources, tag)),
    constraints: childOf(configuration, 'constraints')?.children ?? [],
    defaults: mergeSets(defaults).values,
  };
}

/** What stands at the top with this resource in it, which may be itself. */
export const topOf = ({ tops }: ResourceTree, resource: string): XmlElement | undefined =>
  tops.find((top) => [top, ...descendantsOf(top, ...RESOURCE_TAGS)].some((each) => idOf(each) === resource));

/** Names of the primitives in it, or its own. */
export const primitivesIn = (top: XmlElement): readonly string[] =>
  [top, ...descendantsOf(top, 'primitive')].filter(({ tag }) => tag === 'primitive').map(idOf);

/**
 * The top of `resource` and the tops of what depends on it, by colocation or order, directly or through others. What it
 * depends on itself, such as a file system that serves others, too, is not among them.
 */
export function withDependents(tree: ResourceTree, resource: string): readonly XmlElement[] {
  const top = topOf(tree, resource);
  if (top === undefined) return [];
  const ties = tree.constraints.flatMap(tiesOf);
  const found = [top];
  // Grows while it is walked.
  for (const each of found) {
    for (const { dependent, on } of ties) {
      const other = topOf(tree, dependent);
      if (other !== undefined && topOf(tree, on) === each && !found.includes(other)) found.push(other);
    }
  }
  return found;
}

interface Tie {
  readonly dependent: string;
  readonly on: string;
}

function tiesOf(constraint: XmlElement): readonly Tie[] {
  const attribute = (name: string): string => constraint.attributes.get(name) ?? '';
  // Resources that are to keep apart are not tied together.
  if (attribute('score').startsWith('-')) return [];
  const members = descendantsOf(constraint, 'resource_ref').map(idOf);
  switch (constraint.tag) {
    case 'rsc_colocation':
      return members.length > 0
        ? amongAll(members)
        : [{ dependent: attribute('rsc'), on: attribute('with-rsc') }];
    case 'rsc_order':
      return members.length > 0
        ? amongAll(members)
        : [{ dependent: attribute('then'), on: attribute('first') }];
    default:
      return [];
  }
}

/** Which member of a set depends on which is told in several ways: they are all taken to belong together. */
const amongAll = (members: readonly string[]): readonly Tie[] =>
  members.flatMap((dependent) => members.filter((on) => on !== dependent).map((on) => ({ dependent, on })));
