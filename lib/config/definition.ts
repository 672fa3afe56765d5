import { shellWords } from '../postgres/shell-words.ts';
import { type ClusterConfig, clusterNodes, psqlPath } from './config.ts';
import { configKeys } from './keys.ts';
import { type Rendered, renderTemplate, type TemplateValue } from './template.ts';

export type Shell = 'pcs' | 'crm';

export interface DefinitionOptions {
  readonly shell: Shell;
  /** Of pcs, such as `0.11.5`; needed for the shell pcs. */
  readonly pcsVersion?: string;
  /** Of Pacemaker, such as `2.1.5`; needed for the shell crm. */
  readonly pacemakerVersion?: string;
  /** The text of the template. */
  readonly template: string;
  /** The .pgpass file of the database's user, the same on every node. */
  readonly passfile: string;
}

/** The cluster definition: commands for pcs or crm, readable, for the operator to adjust. Pure. */
export const definitionText = (config: ClusterConfig, options: DefinitionOptions): Rendered =>
  renderTemplate(options.template, templateValues(config, options));

/** The name of the template's file for this shell: `muti.pcs.template` is `muti.crm.template` for crm. */
export const templateName = ({ values }: ClusterConfig, shell: Shell): string =>
  values.pcs_template.replace(/\.(pcs|crm)\.template$/, `.${shell}.template`);

/** Every key of config.ini, and what is made of them. */
function templateValues(
  config: ClusterConfig,
  options: DefinitionOptions,
): ReadonlyMap<string, TemplateValue> {
  const { values } = config;
  const nodes = clusterNodes(config);
  const role = roleWords(options);
  return new Map<string, TemplateValue>([
    ...Object.keys(configKeys).map((key): [string, TemplateValue] => {
      const value = values[key as keyof typeof values];
      return [key, Array.isArray(value) ? value.join(' ') : String(value)];
    }),
    // A secret has no business in a definition.
    ['pgsql_reppassord', ''],
    ['fence_options', shellWords(values.fence_options) ?? []],
    ['psql', psqlPath(config)],
    ['nodes', nodes.join(' ')],
    ['node_count', String(nodes.length)],
    ['passfile', options.passfile],
    ['promoted', role.promoted],
    ['unpromoted', role.unpromoted],
  ]);
}

export interface RoleWords {
  readonly promoted: 'Promoted' | 'Master';
  readonly unpromoted: 'Unpromoted' | 'Slave';
}

/**
 * pcs says Promoted from 0.11 on, and takes nothing else from 0.12 on (pcs, CHANGELOG.md); 0.10 knows only Master. crmsh
 * hands the word to Pacemaker, which knows Promoted from 2.1 on.
 */
export function roleWords({
  shell,
  pcsVersion = '',
  pacemakerVersion = '',
}: Pick<DefinitionOptions, 'shell' | 'pcsVersion' | 'pacemakerVersion'>): RoleWords {
  const isNew = shell === 'pcs' ? isAtLeast(pcsVersion, [0, 11]) : isAtLeast(pacemakerVersion, [2, 1]);
  return isNew
    ? { promoted: 'Promoted', unpromoted: 'Unpromoted' }
    : { promoted: 'Master', unpromoted: 'Slave' };
}

/** Whether `0.11.5+deb` is at least 0.11; a version that cannot be read counts as new. */
export function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const numbers = /^\s*v?(\d+(?:\.\d+)*)/.exec(version)?.[1]?.split('.').map(Number);
  if (numbers === undefined) return true;
  for (const [index, want] of wanted.entries()) {
    const have = numbers[index] ?? 0;
    if (have !== want) return have > want;
  }
  return true;
}
