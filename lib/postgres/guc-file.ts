/**
 * A value for postgresql.conf, recovery.conf or postgresql.auto.conf. Backslashes are escapes there, unlike
 * in SQL (GUC_scanstr() in guc-file.l), and a value ends with its line.
 */
export const quoteGuc = (value: string): string =>
  `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;

/** What the server makes of a quoted value. */
export const unquoteGuc = (quoted: string): string => {
  const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  return quoted
    .slice(1, -1)
    .replace(/''|\\([0-7]{1,3})|\\([\s\S])/g, (match, octal?: string, letter?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return letter === undefined ? match.slice(1) : (escapes[letter] ?? letter);
    });
};

export interface GucLine {
  /** In lower case: names are not case-sensitive. Also `include`, `include_if_exists`, `include_dir`. */
  readonly name: string;
  readonly value: string;
}

const LINE = /^\s*([A-Za-z_][\w$.]*)\s*(?:=\s*|\s+|(?='))('(?:[^'\\\n]|\\.|'')*'|[^\s'#=]+)\s*(?:#.*)?$/;

/** The setting in a line of a configuration file; undefined for a comment, an empty line, or nonsense. */
export const parseGucLine = (line: string): GucLine | undefined => {
  const [, name, value] = LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) return undefined;
  return { name: name.toLowerCase(), value: value.startsWith("'") ? unquoteGuc(value) : value };
};

/** Nothing that the server would read. */
export const isBlankOrComment = (line: string): boolean => /^\s*(#|$)/.test(line);
