import { idOf, RESOURCE_TAGS, type ResourceTree } from './resource-tree.ts';
import { childrenOf, escapeXml, type XmlElement } from './xml.ts';

/** What operators switch a resource on and off with. Of the other values (`Unpromoted`), none is ever written here. */
export type TargetRole = 'Started' | 'Stopped';

const NAME = 'target-role';

/**
 * The XML for one `cibadmin --modify` that gives these resources a target-role, all or none; undefined when they have it
 * already. The value is written wherever there is one, since that of a primitive goes before that of its clone, and where
 * there is none, in the place in which pcs writes it (`pcs resource disable`).
 */
export function targetRolePatch(
  { defaults }: ResourceTree,
  tops: readonly XmlElement[],
  role: TargetRole,
): string | undefined {
  const needed = role === 'Stopped' || isOff(defaults.get(NAME));
  const changes = tops.map((top) => changeOf(top, role, needed)).join('');
  return changes === ''
    ? undefined
    : `<cib><configuration><resources>${changes}</resources></configuration></cib>`;
}

const isOff = (value: string | undefined): boolean => value !== undefined && !/^started$/i.test(value);

/** @param needed whether to write it where the element has none */
function changeOf(element: XmlElement, role: TargetRole, needed: boolean): string {
  const sets = childrenOf(element, 'meta_attributes').filter((set) => childrenOf(set, 'rule').length === 0);
  const places = sets.flatMap((set) => roleIn(set).map((pair) => ({ set, pair })));
  const changed = places
    .filter(({ pair }) => pair.attributes.get('value')?.toLowerCase() !== role.toLowerCase())
    .map(({ set, pair }) => nvpair(idOf(set), idOf(pair), role));
  const setId = sets[0] === undefined ? `${idOf(element)}-meta_attributes` : idOf(sets[0]);
  const added = needed && places.length === 0 ? [nvpair(setId, `${setId}-${NAME}`, role)] : [];
  const inner = RESOURCE_TAGS.flatMap((tag) => childrenOf(element, tag)).map((child) =>
    changeOf(child, role, false),
  );
  const content = [...changed, ...added, ...inner].join('');
  return content === '' ? '' : `<${element.tag} id="${escapeXml(idOf(element))}">${content}</${element.tag}>`;
}

const roleIn = (set: XmlElement): readonly XmlElement[] =>
  childrenOf(set, 'nvpair').filter((pair) => pair.attributes.get('name') === NAME);

const nvpair = (setId: string, id: string, value: TargetRole): string =>
  `<meta_attributes id="${escapeXml(setId)}"><nvpair id="${escapeXml(id)}" name="${NAME}" value="${value}"/></meta_attributes>`;
