/** The declarations of all agents and commands, found where they live. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AgentDeclaration, ParameterTable } from '../heartbeat-ocf/index.ts';
import type { CommandDeclaration, OptionTable } from '../lib/commands/cli/declaration.ts';

export const ROOT = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

type Agent = AgentDeclaration<ParameterTable>;
type Command = CommandDeclaration<OptionTable>;

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => name in value);

const isAgent = (value: unknown): value is Agent => has(value, 'parameters', 'actions', 'name');
const isCommand = (value: unknown): value is Command => has(value, 'name', 'summary', 'operands', 'run');

const exportsOf = async (pattern: RegExp): Promise<unknown[]> => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
  const found: unknown[] = [];
  for (const file of files.filter((name) => pattern.test(name)).sort()) {
    const exported: object = await import(pathToFileURL(join(ROOT, 'lib', file)).href);
    found.push(...Object.values(exported));
  }
  return found;
};

/** In lib/<concern>/agent.ts or lib/<concern>/<name>-agent.ts, apart from the entry that runs them. */
export const findAgents = async (): Promise<Agent[]> =>
  (await exportsOf(/(^|[/-])agent\.ts$/)).filter(isAgent);

/** In lib/commands/<name>/command.ts, those that agents/bin has an entry for, in the order of their names. */
export const findCommands = async (): Promise<Command[]> => {
  const entries = new Set(readdirSync(join(ROOT, 'agents', 'bin')));
  return (await exportsOf(/^commands\/[^/]+\/command\.ts$/))
    .filter(isCommand)
    .filter(({ name }) => entries.has(`${name}.ts`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};
