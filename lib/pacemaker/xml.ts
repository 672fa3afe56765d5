import { XMLParser } from 'fast-xml-parser';

/** One element of a parsed document; text between elements is dropped, since Pacemaker uses only attributes. */
export interface XmlElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

type OrderedNode = Readonly<Record<string, unknown>>;

// Entities are decoded here and not by the parser, which gives up after 1000 of them in one document:
// a CIB with many quoted commands in it has more.
const NAMED_ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Text of an attribute value as the document meant it; an entity that XML does not define stays as it is. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED_ENTITIES.get(name) ?? whole;
    const codePoint = hex === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
  });
}

/** Text as it may stand in a double-quoted attribute; control characters that XML 1.0 cannot hold are dropped. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, (c) => ('\t\n\r'.includes(c) ? c : ''))
    .replace(/[&<>"\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}

const PARSER_OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: true,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
};

function toElement(node: OrderedNode): XmlElement | undefined {
  const tag = Object.keys(node).find((key) => key !== ':@');
  if (tag === undefined || tag === '#text') return undefined;
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries((node[':@'] ?? {}) as OrderedNode)) {
    attributes.set(name, unescapeXml(String(value)));
  }
  return { tag, attributes, children: toElements(node[tag] as readonly OrderedNode[]) };
}

function toElements(nodes: readonly OrderedNode[]): XmlElement[] {
  return nodes.map(toElement).filter((element) => element !== undefined);
}

/** Parses a whole document. A text that is cut off is refused, so that no half of a CIB is taken for the whole. */
export function parseXml(
  xml: string,
): { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly reason: string } {
  try {
    // Made here and not above: a call that reads no XML does not load the package.
    const root = toElements(new XMLParser(PARSER_OPTIONS).parse(xml) as readonly OrderedNode[]).at(0);
    if (root === undefined) return { ok: false, reason: 'no XML element found' };
    const end = xml.trimEnd();
    if (!end.endsWith(`</${root.tag}>`) && !/^[^<]*(<\?[^<]*)?<[^<]*\/>$/.test(end)) {
      return { ok: false, reason: `the XML ends before </${root.tag}>` };
    }
    return { ok: true, root };
  } catch (error) {
    return { ok: false, reason: `not XML: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export const childrenOf = (element: XmlElement | undefined, tag: string): readonly XmlElement[] =>
  element === undefined ? [] : element.children.filter((child) => child.tag === tag);

export const childOf = (element: XmlElement | undefined, tag: string): XmlElement | undefined =>
  element?.children.find((child) => child.tag === tag);

/** Every descendant with one of the tags, in document order. */
export function descendantsOf(element: XmlElement, ...tags: readonly string[]): readonly XmlElement[] {
  return element.children.flatMap((child) => [
    ...(tags.includes(child.tag) ? [child] : []),
    ...descendantsOf(child, ...tags),
  ]);
}

/**
 * The document without comments and without the elements named, which must not nest in themselves. Only `<` opens
 * markup in well-formed XML (inside an attribute value it is written `&lt;`), so that a search in the text is exact.
 */
export function withoutElements(xml: string, tags: readonly string[]): string {
  const opening = new RegExp(`<!--|<(${tags.join('|')})(?=[\\s/>])`, 'g');
  const kept: string[] = [];
  let from = 0;
  for (let match = opening.exec(xml); match !== null; match = opening.exec(xml)) {
    const end =
      match[1] === undefined ? endOf(xml, '-->', match.index) : endOfElement(xml, match[1], match.index);
    kept.push(xml.slice(from, match.index));
    from = end;
    opening.lastIndex = end;
  }
  kept.push(xml.slice(from));
  return kept.join('');
}

function endOf(xml: string, mark: string, from: number): number {
  const at = xml.indexOf(mark, from);
  return at < 0 ? xml.length : at + mark.length;
}

function endOfElement(xml: string, tag: string, from: number): number {
  // A `>` may stand unescaped inside an attribute value, therefore values are stepped over.
  const openingTag = /<(?:[^"'>]|"[^"]*"|'[^']*')*>/y;
  openingTag.lastIndex = from;
  const found = openingTag.exec(xml);
  if (found === null) return xml.length;
  return found[0].endsWith('/>') ? openingTag.lastIndex : endOf(xml, `</${tag}>`, from);
}
