import { shellQuote } from '../postgres/shell-words.ts';

/** What a placeholder stands for: one word, or several, such as options. */
export type TemplateValue = string | readonly string[];

export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

const PLACEHOLDER = /\$\{([A-Za-z0-9_]*)\}/g;
const OPTION_ALONE = /(?:^|\s)[A-Za-z0-9_.-]+=\$\{([A-Za-z0-9_]+)\}(?=\s|$)/g;

/**
 * Fills a template. `${key}` becomes the value, quoted for a shell where it needs to be, also within double quotes. An
 * option `name=${key}` whose value is empty is left out, since pcs refuses empty ones. `%if key`, `%else` and `%end`, each
 * alone in a line, keep lines only if the value is neither empty nor `false`. Comments are kept as they are. Pure.
 */
export function renderTemplate(template: string, values: ReadonlyMap<string, TemplateValue>): Rendered {
  const problems: string[] = [];
  const out: string[] = [];
  let condition: { readonly line: number; keep: boolean } | undefined;
  for (const [index, line] of template.split('\n').entries()) {
    const where = `line ${index + 1}`;
    const [, directive, key = ''] = /^%(\w+)\s*(\S*)\s*$/.exec(line) ?? [];
    if (directive === undefined) {
      if (condition?.keep === false) continue;
      const filled = line.startsWith('#')
        ? line
        : fill(line, values, (what) => problems.push(`${where}: ${what}`));
      if (filled !== undefined) out.push(filled);
    } else if (directive === 'if' && condition === undefined) {
      if (!values.has(key)) problems.push(`${where}: there is no value ${key}`);
      condition = { line: index + 1, keep: holds(values.get(key)) };
    } else if (directive === 'else' && condition !== undefined) {
      condition.keep = !condition.keep;
    } else if (directive === 'end' && condition !== undefined) {
      condition = undefined;
    } else {
      problems.push(`${where}: "${line}" does not fit here: write %if key, then perhaps %else, then %end`);
    }
  }
  if (condition !== undefined) problems.push(`line ${condition.line}: this %if has no %end`);
  return problems.length === 0 ? { ok: true, text: out.join('\n') } : { ok: false, problems };
}

const holds = (value: TemplateValue | undefined): boolean =>
  value !== undefined && value.length > 0 && value !== 'false';

/** Undefined for a line of which nothing is left but its continuation. */
function fill(
  line: string,
  values: ReadonlyMap<string, TemplateValue>,
  complain: (what: string) => void,
): string | undefined {
  const kept = line.replace(OPTION_ALONE, (whole, key: string) =>
    values.get(key)?.length === 0 ? '' : whole,
  );
  if (kept !== line && /^\s*\\?$/.test(kept)) return undefined;
  return kept.replace(PLACEHOLDER, (_whole, key: string, at: number) => {
    const value = values.get(key);
    if (value === undefined) {
      complain(`there is no value ${key}`);
      return '';
    }
    if (!isWithinDoubleQuotes(kept.slice(0, at))) return words(value).map(shellQuote).join(' ');
    return words(value)
      .join(' ')
      .replace(/["\\$`]/g, '\\$&');
  });
}

const words = (value: TemplateValue): readonly string[] => (typeof value === 'string' ? [value] : value);

const isWithinDoubleQuotes = (before: string): boolean =>
  (before.replace(/\\./g, '').match(/"/g) ?? []).length % 2 === 1;
