import { idOf, RESOURCE_TAGS } from '../../pacemaker/resource-tree.ts';
import { childOf, childrenOf, descendantsOf, type XmlElement } from '../../pacemaker/xml.ts';
import { withAttributes, xmlElement } from '../../pacemaker/xml-writer.ts';

/** Sections that a definition makes anew. All others (properties, defaults, nodes) it adds to. */
const MADE_ANEW = ['resources', 'constraints', 'fencing-topology', 'tags', 'alerts'];

/** What operators and commands change while a cluster runs; loading a definition leaves it as it is. */
const RUN_STATE = ['target-role', 'is-managed', 'maintenance'];

/** The CIB that a definition is carried out on: everything but what it makes anew, and no status. */
export const emptied = (cib: XmlElement): XmlElement => ({
  ...cib,
  children: [
    {
      ...configurationOf(cib),
      children: configurationOf(cib).children.flatMap((section) => {
        if (!MADE_ANEW.includes(section.tag)) return [section];
        return ['resources', 'constraints'].includes(section.tag) ? [{ ...section, children: [] }] : [];
      }),
    },
    xmlElement('status', {}),
  ],
});

/**
 * What templates/* call their constraints. One of these that a definition does not have any more was taken out of it;
 * any other was made by hand, and stays.
 */
export const OWN_CONSTRAINTS: readonly string[] = [
  ...['vip-master-with-primary', 'promote-then-vip-master', 'demote-then-stop-vip-master'],
  ...['vip-slave-with-standby', 'vip-slave-else-with-primary'],
  ...['lvsdr-with-vip-slave', 'lvsdr-then-vip-slave', 'lvsdr-realsvr-with-standby'],
  // In place of it where the primary is to be a real server, too: see docs/lvs.md.
  'lvsdr-realsvr-with-database',
];

export interface Merged {
  readonly configuration: XmlElement;
  /** Resources of the cluster that the definition does not have; they stay. */
  readonly kept: readonly XmlElement[];
  /** Resources that the definition has elsewhere, in whose old place there are others, which would be lost. */
  readonly conflicts: readonly string[];
  /** Constraints made by hand on resources that the definition has; they stay. */
  readonly keptConstraints: readonly string[];
}

/**
 * The configuration to load: what the definition has built, with what it does not speak of: other resources,
 * constraints made by hand, whether a resource is switched off or unmanaged. Pure.
 */
export function merged(old: XmlElement, built: XmlElement): Merged {
  const [before, after] = [configurationOf(old), configurationOf(built)];
  const newIds = new Set(resourcesIn(childOf(after, 'resources')).map(idOf));
  const strangers = (childOf(before, 'resources')?.children ?? []).filter((top) => !newIds.has(idOf(top)));
  const inside = (top: XmlElement) => resourcesIn(top).filter(({ tag }) => tag === 'primitive');
  const isReplaced = (top: XmlElement) => inside(top).some((each) => newIds.has(idOf(each)));
  const kept = strangers.filter((top) => !isReplaced(top));
  const conflicts = strangers
    .filter(isReplaced)
    .filter((top) => inside(top).some((each) => !newIds.has(idOf(each))))
    .map(idOf);
  const keptIds = new Set(kept.flatMap((top) => [idOf(top), ...resourcesIn(top).map(idOf)]));
  const exists = (id: string) => newIds.has(id) || keptIds.has(id);
  const isKept = (section: string, element: XmlElement): boolean => {
    const refs = referencesOf(element);
    switch (section) {
      case 'resources':
        return kept.includes(element);
      case 'constraints':
        return (
          refs.every(exists) &&
          (!OWN_CONSTRAINTS.includes(idOf(element)) || refs.some((id) => keptIds.has(id)))
        );
      case 'tags':
        return refs.every(exists);
      default:
        return true;
    }
  };
  const section = (name: string): XmlElement | undefined => {
    const [oldSection, newSection] = [childOf(before, name), childOf(after, name)];
    const own = newSection?.children ?? [];
    const ownIds = new Set(own.map(idOf));
    const rest = (oldSection?.children ?? []).filter(
      (element) => !ownIds.has(idOf(element)) && isKept(name, element),
    );
    const like = newSection ?? oldSection;
    const mustBe = ['resources', 'constraints'].includes(name);
    if (like === undefined || (!mustBe && own.length + rest.length === 0)) return undefined;
    return { ...like, children: [...own, ...rest] };
  };
  const names = [...new Set([...before.children, ...after.children].map(({ tag }) => tag))];
  const children = names.flatMap((name) => {
    const element = MADE_ANEW.includes(name) ? section(name) : childOf(after, name);
    if (element === undefined) return [];
    return [name === 'resources' ? withRunState(element, runStates(before)) : element];
  });
  const configuration = { ...after, children };
  const defined = new Set((childOf(after, 'constraints')?.children ?? []).map(idOf));
  const keptConstraints = (childOf(configuration, 'constraints')?.children ?? [])
    .filter((element) => !defined.has(idOf(element)) && referencesOf(element).some((id) => newIds.has(id)))
    .map(idOf)
    // Bans and moves are the business of cls_* and pcs, and cls_status shows them.
    .filter((id) => !id.startsWith('cli-'));
  return { configuration, kept, conflicts, keptConstraints };
}

export const configurationOf = (cib: XmlElement): XmlElement =>
  childOf(cib, 'configuration') ?? xmlElement('configuration', {});

export const resourcesIn = (element: XmlElement | undefined): readonly XmlElement[] =>
  element === undefined ? [] : descendantsOf(element, ...RESOURCE_TAGS);

/** The resources that a constraint or a tag is about. */
const referencesOf = (element: XmlElement): readonly string[] => [
  ...['rsc', 'with-rsc', 'first', 'then'].flatMap((name) => element.attributes.get(name) ?? []),
  ...descendantsOf(element, 'resource_ref', 'obj_ref').map(idOf),
];

type RunStates = ReadonlyMap<string, readonly XmlElement[]>;

/** By resource: the name-value pairs that say whether it is switched off. */
const runStates = (configuration: XmlElement): RunStates =>
  new Map(
    resourcesIn(childOf(configuration, 'resources')).map((resource) => [
      idOf(resource),
      childrenOf(resource, 'meta_attributes')
        .filter((set) => childrenOf(set, 'rule').length === 0)
        .flatMap((set) => childrenOf(set, 'nvpair'))
        .filter((pair) => RUN_STATE.includes(pair.attributes.get('name') ?? '')),
    ]),
  );

function withRunState(element: XmlElement, states: RunStates): XmlElement {
  const children = element.children.map((child) => withRunState(child, states));
  const isResource = RESOURCE_TAGS.some((tag) => tag === element.tag);
  const state = (isResource && states.get(idOf(element))) || [];
  const [set] = children.filter(({ tag }) => tag === 'meta_attributes');
  const given = (set?.children ?? []).map((pair) => pair.attributes.get('name'));
  const added = state.filter((pair) => !given.includes(pair.attributes.get('name')));
  if (added.length === 0) return { ...element, children };
  const setId = set === undefined ? `${idOf(element)}-meta_attributes` : idOf(set);
  const pairs = added.map((pair) =>
    withAttributes(pair, { id: `${setId}-${pair.attributes.get('name') ?? ''}` }),
  );
  const extended =
    set === undefined
      ? xmlElement('meta_attributes', { id: setId }, pairs)
      : { ...set, children: [...set.children, ...pairs] };
  return {
    ...element,
    children:
      set === undefined
        ? [...children, extended]
        : children.map((child) => (child === set ? extended : child)),
  };
}
