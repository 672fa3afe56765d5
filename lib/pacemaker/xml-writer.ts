import { escapeXml, type XmlElement } from './xml.ts';

/**
 * The element as a document, an element per line. What `parseXml` reads of it is the element again, but for blanks at
 * both ends of a value, which it drops.
 */
export function writeXml(element: XmlElement, indent = ''): string {
  const attributes = [...element.attributes]
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
  if (element.children.length === 0) return `${indent}<${element.tag}${attributes}/>\n`;
  const children = element.children.map((child) => writeXml(child, `${indent}  `)).join('');
  return `${indent}<${element.tag}${attributes}>\n${children}${indent}</${element.tag}>\n`;
}

export const xmlElement = (
  tag: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly XmlElement[] = [],
): XmlElement => ({ tag, attributes: new Map(Object.entries(attributes)), children });

/** The same element with other attributes, in addition or in place of its own. */
export const withAttributes = (
  element: XmlElement,
  attributes: Readonly<Record<string, string>>,
): XmlElement => ({
  ...element,
  attributes: new Map([...element.attributes, ...Object.entries(attributes)]),
});

/** Whether two elements say the same: the order of attributes means nothing, that of children does. */
export const sameXml = (a: XmlElement | undefined, b: XmlElement | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.tag === b.tag &&
      a.attributes.size === b.attributes.size &&
      [...a.attributes].every(([name, value]) => b.attributes.get(name) === value) &&
      a.children.length === b.children.length &&
      a.children.every((child, i) => sameXml(child, b.children[i]));
