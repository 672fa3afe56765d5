import { type ConfigProblem, type Shell, secretIn } from '../../config/index.ts';
import { shellWords } from '../../postgres/shell-words.ts';

/** One command of a cluster definition. */
export interface DefinitionLine {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly shell: Shell;
  /** The arguments of pcs or crm. */
  readonly words: readonly string[];
}

export type DefinitionFile =
  | { readonly ok: true; readonly lines: readonly DefinitionLine[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Up to a comment; a `#` within a word or in quotes is none. */
const CODE = /^((?:'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|[^'"\\#]|(?<=\S)#)*)(?:#.*)?$/s;

/**
 * What changes a CIB and nothing else. All of these take -f FILE; most others would act on the cluster at once
 * (`pcs resource cleanup`, `pcs cluster stop`).
 */
const PCS_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  property: ['set', 'unset'],
  resource: [
    ...[
      'create',
      'clone',
      'promotable',
      'group',
      'bundle',
      'update',
      'meta',
      'op',
      'defaults',
      'utilization',
    ],
    ...['enable', 'disable', 'manage', 'unmanage'],
  ],
  stonith: ['create', 'update', 'meta', 'op', 'level', 'enable', 'disable'],
  constraint: ['location', 'colocation', 'order', 'ticket'],
  tag: ['create'],
  alert: ['create', 'recipient'],
};

const CRM_COMMANDS: readonly string[] = [
  ...['primitive', 'group', 'clone', 'ms', 'bundle', 'rsc_template', 'rsc_ticket', 'location', 'colocation'],
  ...['order', 'property', 'rsc_defaults', 'op_defaults', 'fencing_topology', 'tag', 'alert'],
];

/** Splits a definition into commands as a shell would, without expanding anything. Pure; all problems at once. */
export function readDefinition(text: string): DefinitionFile {
  const problems: ConfigProblem[] = [];
  const lines: DefinitionLine[] = [];
  for (const { line, text: command } of commandsOf(text)) {
    const read = readCommand(command);
    if (read === undefined) continue;
    if (typeof read === 'string') problems.push({ line, sentence: read });
    else lines.push({ line, ...read });
  }
  if (lines.length === 0 && problems.length === 0) {
    problems.push({ line: 0, sentence: 'there is no command in it; make it anew with cls_setup --write' });
  }
  return problems.length === 0 ? { ok: true, lines } : { ok: false, problems };
}

/** A backslash at its end continues a line; a comment in between, such as an option that was taken out, is skipped. */
function commandsOf(text: string): readonly { readonly line: number; readonly text: string }[] {
  const commands: { readonly line: number; text: string }[] = [];
  let open: { readonly line: number; text: string } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (/^\s*#/.test(raw)) continue;
    const continues = /(?:^|[^\\])(?:\\\\)*\\$/.test(raw);
    const part = continues ? raw.slice(0, -1) : raw;
    if (open === undefined) {
      open = { line: index + 1, text: part };
      commands.push(open);
    } else {
      open.text += ` ${part}`;
    }
    if (!continues) open = undefined;
  }
  return commands;
}

function readCommand(text: string): Omit<DefinitionLine, 'line'> | string | undefined {
  const code = CODE.exec(text)?.[1] ?? text;
  const split = shellWords(code);
  if (split === undefined) return 'a quote is not closed; correct it';
  const [shell, ...words] = split;
  if (shell === undefined) return undefined;
  if (shell !== 'pcs' && shell !== 'crm') {
    return `it begins with "${shell}"; every line is a call of pcs or of crm ("\\" at its end continues a line)`;
  }
  if (/[$`]/.test(code.replace(/'[^']*'|\\./g, ''))) {
    return '"$" and backticks are not expanded here; write the value itself, or put it in single quotes';
  }
  const secret = secretIn(words.join(' '));
  if (secret !== undefined) {
    return `it has a password as an argument (${secret}), which ps shows, and which everybody could read in the cluster; use password_script=FILE, or a .pgpass file`;
  }
  const objection = shell === 'pcs' ? objectionToPcs(words) : objectionToCrm(words);
  return objection ?? { shell, words };
}

function objectionToPcs(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words.filter((word) => !/^--/.test(word));
  if (words.some((word) => /^-f|^--?file/.test(word))) {
    return 'it has -f; leave that out, cls_setup itself collects all lines in one file';
  }
  if (PCS_COMMANDS[first]?.includes(second)) return undefined;
  return `"pcs ${first} ${second}" has no place in a definition: it does not change the configuration, or not only that`;
}

function objectionToCrm(words: readonly string[]): string | undefined {
  const [first = '', second = ''] = words;
  if (first !== 'configure' || !CRM_COMMANDS.includes(second)) {
    return `"crm ${first} ${second}" has no place in a definition: crm configure and ${CRM_COMMANDS.slice(0, 3).join(', ')} or the like have`;
  }
  // crmsh splits its arguments into words once more.
  return words.some((word) => /['\\]/.test(word))
    ? 'it has a value with a single quote or a backslash, which crmsh would change; do without, such as by a script that the value names'
    : undefined;
}

/** The agents that a definition names, each with the first line that does: `ocf:pha:pgsql`. */
export function agentsOf(lines: readonly DefinitionLine[]): ReadonlyMap<string, number> {
  const agents = new Map<string, number>();
  for (const { line, words } of lines) {
    const agent = words.find((word) => /^ocf:[\w-]+:[\w.-]+$/.test(word));
    if (agent !== undefined && !agents.has(agent)) agents.set(agent, line);
  }
  return agents;
}
