import { shellWords } from '../postgres/shell-words.ts';

/** What is wrong with config.ini, for the operator. */
export interface ConfigProblem {
  /** From 1; 0 when it is about no line, such as a key that is missing. */
  readonly line: number;
  /** With the value that was wrong and what to do; never a password. */
  readonly sentence: string;
}

/** Those without a line come last. */
export const inLineOrder = <Problem extends ConfigProblem>(
  problems: readonly Problem[],
): readonly Problem[] =>
  [...problems].sort((a, b) => (a.line || Number.MAX_SAFE_INTEGER) - (b.line || Number.MAX_SAFE_INTEGER));

export interface IniEntry {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

const ENTRY = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
/** One word of a shell: quoted and unquoted parts; then nothing, or a comment. */
const VALUE = /^((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])*)\s*(?:(?<=\s)#.*)?$/;

/**
 * Reads lines of `key=value` as a shell would that sources the file: quotes, backslashes, `#` comments. Nothing is
 * expanded. Total: every line is an entry, nothing, or a problem.
 */
export function readIni(text: string): {
  readonly entries: readonly IniEntry[];
  readonly problems: readonly ConfigProblem[];
  /** Keys that are there, but whose line cannot be read. */
  readonly unread: ReadonlySet<string>;
} {
  const entries: IniEntry[] = [];
  const problems: ConfigProblem[] = [];
  const unread = new Set<string>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(raw)) continue;
    const read = readLine(raw);
    if (read.ok) {
      entries.push({ line, key: read.key, value: read.value });
    } else {
      problems.push({ line, sentence: read.sentence });
      if (read.key !== undefined) unread.add(read.key);
    }
  }
  return { entries, problems, unread };
}

type Line =
  | { readonly ok: true; readonly key: string; readonly value: string }
  | { readonly ok: false; readonly key?: string; readonly sentence: string };

/** Its sentences do not repeat the value, which may be a password. */
function readLine(raw: string): Line {
  const [, key, rest] = ENTRY.exec(raw) ?? [];
  if (key === undefined || rest === undefined) {
    return {
      ok: false,
      sentence: 'this is neither key=value nor a comment; correct it, or let it begin with #',
    };
  }
  const wrong = (what: string): Line => ({ ok: false, key, sentence: `${key}: ${what}` });
  const word = VALUE.exec(rest)?.[1];
  if (word === undefined) {
    return shellWords(rest) === undefined
      ? wrong('a quote is opened and not closed, or the line ends in a backslash; correct it')
      : wrong(`the value has blanks; write it in quotes, as ${key}="..."`);
  }
  if (/[$`]/.test(word.replace(/'[^']*'|\\./g, ''))) {
    return wrong(
      '"$" and backticks are not expanded here; write the value itself, or put it in single quotes',
    );
  }
  const value = shellWords(word)?.join(' ') ?? '';
  return /\p{Cc}/u.test(value)
    ? wrong('the value contains a tab or another control character; remove it')
    : { ok: true, key, value };
}
