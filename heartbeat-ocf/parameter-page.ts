import type { AgentDeclaration } from './agent.ts';
import { fullDescription } from './metadata.ts';
import { defaultText, type ParameterSpec, type ParameterTable, plainDefault } from './parameters.ts';

const code = (text: string): string => `\`${text}\``;

/** What would be taken for Markdown or HTML; a `|` would end a table's cell. An underscore within a word is none. */
const markdown = (text: string): string => text.replace(/[\\`*<>|]/g, '\\$&');

const TYPE_NAMES: Readonly<Record<ParameterSpec['type'], string>> = {
  path: 'absolute path',
  name: 'name',
  host: 'IP address or host name',
  command: 'one line of text',
  text: 'text',
  secret: 'one line of text, never logged',
  integer: 'whole number',
  port: 'port',
  boolean: 'boolean',
  enum: 'one of',
  nodes: 'names separated by blanks',
};

const typeName = (spec: ParameterSpec): string => {
  if (spec.type === 'enum') return `one of ${spec.values.map(code).join(', ')}`;
  if (spec.type === 'integer' && spec.unit !== undefined) return `whole number of ${spec.unit}`;
  return TYPE_NAMES[spec.type];
};

const shownDefault = (table: ParameterTable, spec: ParameterSpec): string => {
  if (spec.required) return 'required';
  const text = defaultText(spec, plainDefault(table));
  return text === '' ? 'empty' : code(text);
};

const section = (table: ParameterTable, name: string, spec: ParameterSpec): string => {
  const facts = [typeName(spec), spec.required ? 'required' : `default: ${shownDefault(table, spec)}`];
  if (spec.aliases !== undefined) facts.push(`also spelled ${spec.aliases.map(code).join(', ')}`);
  if (spec.reloadable) facts.push('a change needs no restart');
  return `### ${markdown(name)}\n\n*${markdown(spec.shortdesc)}* — ${facts.join('; ')}\n\n${markdown(fullDescription(spec))}\n`;
};

/** The page for operators about one agent: a table of all parameters, then each one in full. Markdown. */
export const parameterPage = <T extends ParameterTable>(
  provider: string,
  agent: Pick<AgentDeclaration<T>, 'name' | 'shortdesc' | 'longdesc' | 'parameters'>,
): string => {
  const entries = Object.entries(agent.parameters);
  const rows = entries.map(
    ([name, spec]) =>
      `| ${markdown(name)} | ${shownDefault(agent.parameters, spec)} | ${markdown(spec.shortdesc)} |`,
  );
  return `## ocf:${provider}:${agent.name}

${markdown(agent.shortdesc)}.

${markdown(agent.longdesc.trim())}

| parameter | default | meaning |
|---|---|---|
${rows.join('\n')}

${entries.map(([name, spec]) => section(agent.parameters, name, spec)).join('\n')}`;
};
