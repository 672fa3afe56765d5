import type { ActionAdvice, AgentDeclaration } from './agent.ts';
import { defaultText, type ParameterSpec, type ParameterTable, plainDefault } from './parameters.ts';
import { xmlAttribute, xmlText } from './xml.ts';

/** How Pacemaker of this machine calls the roles of a promotable clone. */
export type RoleWords = 'promoted' | 'master';

const ROLES: Readonly<Record<RoleWords, Readonly<Record<'promoted' | 'unpromoted', string>>>> = {
  promoted: { promoted: 'Promoted', unpromoted: 'Unpromoted' },
  master: { promoted: 'Master', unpromoted: 'Slave' },
};

/**
 * The types of OCF 1.1. `select` is left out on purpose: ra-api-1.dtd of resource-agents, against which older
 * tools validate, does not have it; the allowed words are in the long description.
 */
const contentType = (spec: ParameterSpec): string => {
  if (spec.type === 'integer' || spec.type === 'port') return 'integer';
  return spec.type === 'boolean' ? 'boolean' : 'string';
};

const flag = (value: boolean | undefined): string => (value ? '1' : '0');

const allowedWords = (spec: ParameterSpec): string => {
  if (spec.type === 'enum') return `\n\nAllowed values: ${spec.values.join(', ')}.`;
  if (spec.type !== 'integer' || (spec.min === undefined && spec.max === undefined)) return '';
  const least = spec.min === undefined ? '' : ` at least ${spec.min}`;
  const most = spec.max === undefined ? '' : `${least && ','} at most ${spec.max}`;
  return `\n\nA whole number${spec.unit === undefined ? '' : ` of ${spec.unit}`},${least}${most}.`;
};

/** The long description as shown to people: with what the type allows. */
export const fullDescription = (spec: ParameterSpec): string => spec.longdesc.trim() + allowedWords(spec);

const element = (name: string, spec: ParameterSpec, longdesc: string, defaultValue: string): string => `
<parameter name="${xmlAttribute(name)}" unique="${flag(spec.unique)}" required="${flag(spec.required)}"${spec.reloadable ? ' reloadable="1"' : ''}>
<longdesc lang="en">
${xmlText(longdesc)}
</longdesc>
<shortdesc lang="en">${xmlText(spec.shortdesc)}</shortdesc>
<content type="${contentType(spec)}"${spec.required ? '' : ` default="${xmlAttribute(defaultValue)}"`} />
</parameter>
`;

/** pcs refuses a parameter that metadata does not name, so that another spelling is a parameter of its own. */
const parameterXml = (table: ParameterTable, name: string, spec: ParameterSpec): string =>
  element(name, spec, fullDescription(spec), defaultText(spec, plainDefault(table))) +
  (spec.aliases ?? [])
    .map((alias) => element(alias, { ...spec, required: false }, `Another spelling of ${name}.`, ''))
    .join('');

const actionXml = (name: string, advice: ActionAdvice, words: RoleWords): string => {
  const attributes = [
    `name="${name}"`,
    `timeout="${advice.timeoutSeconds}s"`,
    advice.intervalSeconds === undefined ? '' : `interval="${advice.intervalSeconds}s"`,
    advice.depth === undefined ? '' : `depth="${advice.depth}"`,
    advice.role === undefined ? '' : `role="${ROLES[words][advice.role]}"`,
  ];
  return `<action ${attributes.filter((attribute) => attribute !== '').join(' ')} />`;
};

/** Every method of the agent, as the action `methods` prints them. */
export const methodsOf = <T extends ParameterTable>(agent: AgentDeclaration<T>): readonly string[] => [
  ...Object.keys(agent.actions),
  ...('validate-all' in agent.actions ? [] : ['validate-all']),
  'meta-data',
  'methods',
];

/** Actions that take no time to speak of. */
const QUICK: ActionAdvice = { timeoutSeconds: 5 };

/**
 * The metadata document of OCF 1.1. What 1.1 has beyond metadata.rng and ra-api-1.dtd of resource-agents is used only
 * where there is no other way to say it: reloading.
 *
 * Roles are spelled in one vocabulary, since each of them becomes an operation when `pcs` creates a resource:
 * both would make two monitors of one. Pacemaker 2.1 and later want Promoted and Unpromoted, as OCF 1.1 does;
 * Pacemaker 2.0 refuses a CIB with these words and knows Master and Slave only. Where it matters at run time
 * (meta attributes, notifications) both are understood.
 */
export const metadataXml = <T extends ParameterTable>(
  agent: AgentDeclaration<T>,
  words: RoleWords,
): string => {
  const declared = Object.entries(agent.actions).flatMap(([name, action]) =>
    action === undefined ? [] : action.advice.map((advice) => actionXml(name, advice, words)),
  );
  const builtIn = methodsOf(agent)
    .filter((name) => !(name in agent.actions))
    .map((name) => actionXml(name, QUICK, words));
  return `<?xml version="1.0"?>
<resource-agent name="${xmlAttribute(agent.name)}" version="${xmlAttribute(agent.version)}">
<version>1.1</version>
<longdesc lang="en">
${xmlText(agent.longdesc.trim())}
</longdesc>
<shortdesc lang="en">${xmlText(agent.shortdesc)}</shortdesc>

<parameters>
${Object.entries(agent.parameters)
  .map(([name, spec]) => parameterXml(agent.parameters, name, spec))
  .join('')}
</parameters>

<actions>
${[...declared, ...builtIn].join('\n')}
</actions>
</resource-agent>
`;
};
