/**
 * Runbooks are tried as they are written: a line `node1# COMMAND` in a block of a page is run on that node, and what the
 * page shows beneath it must be seen, so that no page can go stale.
 */
import { readFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { Lab } from '../../lab/index.ts';
import { CommandExit } from '../../lib/commands/exit-codes.ts';
import { pcsd } from './pcsd.ts';
import { RECOVERY_MS } from './support.ts';

export interface Command {
  readonly node: string;
  readonly line: string;
  /** Lines that are seen, among others. */
  readonly seen: readonly string[];
}

/** The commands of a page by the heading that they stand under. Pure. */
export const parseRunbook = (markdown: string): ReadonlyMap<string, readonly Command[]> => {
  const sections = new Map<string, Command[]>();
  let current: Command[] = [];
  let output: string[] | undefined;
  for (const line of markdown.split('\n')) {
    const heading = /^## (.+)/.exec(line)?.[1];
    if (heading !== undefined) {
      current = [];
      sections.set(heading, current);
    }
    const code = /^ {4}(.*)/.exec(line)?.[1];
    const [, node, command] = /^(node\d+)# (.+)/.exec(code ?? '') ?? [];
    if (code === undefined) {
      // An empty line is part of the block that goes on after it.
      if (line !== '') output = undefined;
    } else if (node !== undefined && command !== undefined) {
      output = [];
      current.push({ node, line: command, seen: output });
    } else if (!['', '...'].includes(code.trim())) output?.push(code);
  }
  return sections;
};

/** A sentence that is one line on the page is wrapped by cls_status. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Numbers, positions, times and what a page leaves out with `…` differ; names and words do not. */
const patternOf = (seen: string): RegExp =>
  new RegExp(
    oneLine(seen)
      .split(/(node\d+|\d{4}-\d\d-\d\d [\d:]+Z?|[0-9A-F]+\/[0-9A-F]+|\d+(?:\.\d+)?(?: [kMG]?B)?|…)/)
      .map((part, index) => (index % 2 === 0 ? escaped(part) : placeholder(part)))
      .join(''),
  );

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const placeholder = (part: string): string => {
  if (part.startsWith('node')) return `${part}\\b`;
  if (part === '…') return '.*?';
  if (/^\d{4}-/.test(part)) return '[-\\d: ]+Z?';
  if (part.includes('/')) return '[0-9A-F]+/[0-9A-F]+';
  return part.endsWith('B') ? '[\\d.]+ [kMG]?B' : '[\\d.]+';
};

/** The first line that is missing, if one is. Their order does not count: the page's node1 may be node3 by now. Pure. */
export const missingFrom = (output: string, seen: readonly string[]): string | undefined => {
  const text = oneLine(output);
  return seen.find((line) => !patternOf(line).test(text));
};

/** Who plays which node of the page: the page's node1 is the primary at first. */
export type Roles = Readonly<Record<string, string>>;

export interface Runbook {
  /** Runs the commands under a heading. */
  readonly follow: (heading: string, roles: Roles) => Promise<void>;
}

/** These look again until they show what the page says; all others are run once, and must succeed, if only in part: a standby may be next. */
const OBSERVERS = /^(cls_status|cls_master|crm_mon|crm_node)\b/;

export const openRunbook = async (t: Test, lab: Lab, name: string): Promise<Runbook> => {
  const url = new URL(`../../docs/runbooks/${name}.md`, import.meta.url);
  const sections = parseRunbook(await readFile(url, 'utf8'));

  const runOn = async (node: string, line: string) =>
    (await pcsd(lab, node, line)) ??
    (await lab.exec(node, ['bash', '-c', `${line} 2>&1`], { allowFailure: true, timeoutMs: 120_000 }));

  const follow: Runbook['follow'] = async (heading, roles) => {
    const commands = sections.get(heading);
    if (commands === undefined) throw new Error(`${name}.md has no commands under "${heading}"`);
    const played = (text: string): string =>
      text.replace(/(?<![A-Za-z])node\d+\b/g, (node) => roles[node] ?? node);
    for (const command of commands) {
      const [node, line] = [played(command.node), played(command.line)];
      const seen = command.seen.map(played);
      const title = `${name}: ${node}# ${line}`;
      let last = '';
      const look = async (): Promise<boolean> => {
        last = (await lab.exec(node, ['bash', '-c', `${line} 2>&1`], { allowFailure: true })).stdout;
        return missingFrom(last, seen) === undefined;
      };
      if (OBSERVERS.test(line)) {
        await lab.waitUntil(title, look, RECOVERY_MS).catch((error: Error) => {
          throw new Error(`${error.message}\nnot seen: ${missingFrom(last, seen)}\nbut:\n${last}`);
        });
        t.pass(title);
        continue;
      }
      const { exitCode, stdout } = await runOn(node, line);
      const isDone = exitCode === CommandExit.DONE || exitCode === CommandExit.STANDBYS_NOT_WELL;
      t.ok(isDone, `${title}${isDone ? '' : ` ended with ${exitCode}:\n${stdout}`}`);
      const missing = missingFrom(stdout, seen);
      t.equal(
        missing,
        undefined,
        `${title}: what the page shows${missing === undefined ? '' : `, but\n${stdout}`}`,
      );
    }
  };
  return { follow };
};
