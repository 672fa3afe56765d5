import type { Parsed } from './parsed.ts';

/** Keywords and values of a libpq connection string, in their order. */
export type Conninfo = ReadonlyMap<string, string>;

const ENTRY =
  /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])(?:[^\s\\]|\\[\s\S])*)?)(?=\s|$)/y;

const unescaped = (text: string): string => text.replace(/\\([\s\S])/g, '$1');

/**
 * Reads `host=node1 password='it\'s'` (libpq, "Keyword/Value Connection Strings"). Of a keyword that comes
 * twice the last one counts, as in libpq. The reason never repeats the text, which may hold a password.
 */
export const parseConninfo = (text: string): Parsed<Conninfo> => {
  if (/^postgres(ql)?:\/\//.test(text.trim()))
    return { ok: false, reason: 'a URI where key=value is expected' };
  const entries = new Map<string, string>();
  const end = text.trimEnd().length;
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < end) {
    const at = ENTRY.lastIndex;
    const [, name, quoted, plain] = ENTRY.exec(text.slice(0, end)) ?? [];
    if (name === undefined) return { ok: false, reason: `not key=value at character ${at + 1}` };
    entries.set(name, unescaped(quoted ?? plain ?? ''));
  }
  return { ok: true, value: entries };
};

const quote = (value: string): string =>
  /^[A-Za-z0-9_./:,*+@%-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`;

/** The connection string of these entries, quoted only where libpq needs it. */
export const formatConninfo = (entries: Iterable<readonly [string, string]>): string =>
  [...entries].map(([name, value]) => `${name}=${quote(value)}`).join(' ');

/** For messages and comparisons: the same without what is secret. */
export const withoutSecrets = (entries: Conninfo): Conninfo =>
  new Map(
    [...entries].filter(([name]) => !['password', 'sslpassword', 'oauth_client_secret'].includes(name)),
  );
