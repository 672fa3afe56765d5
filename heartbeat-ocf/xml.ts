/** What may not stand in XML 1.0 at all, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

export const xmlText = (text: string): string =>
  text.replace(NOT_XML, '?').replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);

export const xmlAttribute = (text: string): string =>
  text.replace(NOT_XML, '?').replace(/[&<>"'\n\r\t]/g, (char) => ENTITIES[char] ?? char);
