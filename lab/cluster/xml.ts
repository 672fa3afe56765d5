/** Just enough to write a CIB without forgetting an escape. */

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly Element[];
}

export const element = (
  tag: string,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly Element[] = [],
): Element => ({ tag, attributes, children });

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

const escapeXml = (text: string): string =>
  text.replace(/[&<>"'\n\t]/g, (character) => entities[character] ?? '');

export const renderXml = (node: Element, indent = ''): string => {
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
  if (node.children.length === 0) return `${indent}<${node.tag}${attributes}/>\n`;
  const children = node.children.map((child) => renderXml(child, `${indent}  `)).join('');
  return `${indent}<${node.tag}${attributes}>\n${children}${indent}</${node.tag}>\n`;
};

/** A set of name-value pairs, as the CIB writes options, parameters and meta attributes. */
export const nvset = (tag: string, id: string, values: Readonly<Record<string, string | number>>): Element =>
  element(
    tag,
    { id },
    Object.entries(values).map(([name, value]) => element('nvpair', { id: `${id}-${name}`, name, value })),
  );
