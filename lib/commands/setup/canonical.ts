import { idOf, RESOURCE_TAGS } from '../../pacemaker/resource-tree.ts';
import type { XmlElement } from '../../pacemaker/xml.ts';
import { sameXml } from '../../pacemaker/xml-writer.ts';

/** Elements whose children have a meaning in their order. */
const IN_ORDER = ['rule', 'resource_set', 'crm_config', 'rsc_defaults', 'op_defaults'];

const isResource = (tag: string): boolean => RESOURCE_TAGS.some((each) => each === tag);

/** Members of a group start in their order, and of several sets of parameters the first that has a name wins. */
const keepsPlace = ({ tag }: XmlElement): boolean =>
  isResource(tag) || tag.endsWith('_attributes') || tag === 'utilization';

/** Children sorted by kind and id, as far as their order means nothing. */
function canonical(element: XmlElement): XmlElement {
  const children = element.children.map(canonical);
  if (IN_ORDER.includes(element.tag)) return { ...element, children };
  const key = (child: XmlElement): string =>
    isResource(element.tag) && keepsPlace(child) ? child.tag : `${child.tag} ${idOf(child)}`;
  // A stable sort: what has the same key keeps its place.
  return { ...element, children: children.sort((a, b) => Number(key(a) > key(b)) - Number(key(a) < key(b))) };
}

/** Whether two parts of a configuration mean the same, in whatever order they were written. Pure. */
export const meansTheSame = (a: XmlElement | undefined, b: XmlElement | undefined): boolean =>
  sameXml(a && canonical(a), b && canonical(b));
