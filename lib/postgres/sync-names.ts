/**
 * synchronous_standby_names as the agent uses it: nobody, all of some nodes, any one of some nodes. `other`
 * is what an administrator wrote and the agent does not manage.
 */
export type SyncNames =
  | { readonly kind: 'none' }
  | { readonly kind: 'all'; readonly nodes: readonly string[] }
  | { readonly kind: 'any'; readonly nodes: readonly string[] }
  | { readonly kind: 'other'; readonly text: string };

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const listOf = (nodes: readonly string[]): string => nodes.map(quoted).join(', ');

/** The setting's value, not yet quoted for a configuration file. 9.6 understands all but `any`. */
export const formatSyncNames = (names: SyncNames): string => {
  if (names.kind === 'none') return '';
  if (names.kind === 'other') return names.text;
  if (names.nodes.length === 0) return '';
  if (names.kind === 'any') return `ANY 1 (${listOf(names.nodes)})`;
  return names.nodes.length === 1 ? listOf(names.nodes) : `${names.nodes.length} (${listOf(names.nodes)})`;
};

/** Tokens of syncrep_scanner.l: a quoted name, a bare name or number, `*`, punctuation. */
const TOKEN =
  /\s*(?:"((?:[^"]|"")*)"|([A-Za-z_\u0080-\u{10ffff}][A-Za-z_\u0080-\u{10ffff}0-9$]*)|(\d+)|([*(),]))/uy;

type Token = { readonly kind: 'quoted' | 'word' | 'number' | 'mark'; readonly text: string };

const tokensOf = (text: string): readonly Token[] | undefined => {
  const trimmed = text.trimEnd();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const [match, inQuotes, word, number, mark] = TOKEN.exec(trimmed) ?? [];
    if (match === undefined) return undefined;
    if (inQuotes !== undefined) tokens.push({ kind: 'quoted', text: inQuotes.replaceAll('""', '"') });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else tokens.push({ kind: 'mark', text: mark ?? '' });
  }
  return tokens;
};

/** Names between commas; undefined when they are not, or when one is `*`, which means every standby. */
const namesOf = (tokens: readonly Token[]): readonly string[] | undefined => {
  const names = tokens.filter((_, index) => index % 2 === 0);
  const commas = tokens.filter((_, index) => index % 2 === 1);
  const wellFormed = tokens.length % 2 === 1 && names.every(({ kind }) => kind !== 'mark');
  return wellFormed && commas.every(({ kind, text }) => kind === 'mark' && text === ',')
    ? names.map(({ text }) => text)
    : undefined;
};

interface Method {
  readonly any: boolean;
  readonly count: number;
  readonly rest: readonly Token[];
}

/** `N (…)`, `FIRST N (…)`, `ANY N (…)`, or a bare list, which means FIRST 1. */
const methodOf = (tokens: readonly Token[]): Method => {
  const keyword = tokens[0]?.kind === 'word' ? tokens[0].text.toUpperCase() : '';
  const from = (keyword === 'ANY' || keyword === 'FIRST') && tokens[1]?.kind === 'number' ? 1 : 0;
  const isCounted =
    tokens[from]?.kind === 'number' &&
    tokens[from + 1]?.text === '(' &&
    tokens[from + 1]?.kind === 'mark' &&
    tokens.at(-1)?.text === ')' &&
    tokens.at(-1)?.kind === 'mark';
  if (!isCounted) return { any: false, count: 1, rest: tokens };
  return {
    any: from === 1 && keyword === 'ANY',
    count: Number(tokens[from]?.text),
    rest: tokens.slice(from + 2, -1),
  };
};

export const parseSyncNames = (text: string): SyncNames => {
  if (text.trim() === '') return { kind: 'none' };
  const tokens = tokensOf(text);
  if (tokens === undefined) return { kind: 'other', text };
  const { any, count, rest } = methodOf(tokens);
  const nodes = namesOf(rest);
  if (nodes === undefined) return { kind: 'other', text };
  if (any && count === 1) return { kind: 'any', nodes };
  return count === nodes.length ? { kind: 'all', nodes } : { kind: 'other', text };
};
