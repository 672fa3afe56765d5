import { dirname, join } from 'node:path';
import {
  type ClusterConfig,
  type ConfigProblem,
  checkOnThisMachine,
  configMessage,
  observeMachine,
  parseConfigIni,
  type Shell,
  TEMPLATE_FOLDER,
} from '../../config/index.ts';
import { pathKind, readTextIfExists } from '../../system/files.ts';
import { agentsOf, type DefinitionLine, readDefinition } from './definition-file.ts';

/** What was read from files, or every objection to them. */
export type Prepared<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly sentences: readonly string[] };

export interface ConfigQuestion {
  /** As the operator named it. */
  readonly configFile?: string;
  readonly shell: Shell;
}

export interface ReadConfig {
  readonly configFile: string;
  readonly config: ClusterConfig;
  readonly templateFolders: readonly string[];
}

const INSTALLED_CONFIG = '/etc/pha/config.ini';

/** config.ini as the operator named it, else in the current directory, else where install.sh puts it. */
export async function readConfig({ configFile, shell }: ConfigQuestion): Promise<Prepared<ReadConfig>> {
  const candidates = configFile === undefined ? ['config.ini', INSTALLED_CONFIG] : [configFile];
  const file = candidates.find((path) => pathKind(path) !== 'missing');
  const text = file === undefined ? undefined : readTextIfExists(file);
  if (file === undefined || text === undefined) {
    return {
      ok: false,
      sentences: [`there is no ${candidates.join(' and no ')}; make one of templates/*/config.ini.sample`],
    };
  }
  const parsed = parseConfigIni(text);
  if (!parsed.ok)
    return { ok: false, sentences: parsed.problems.map((problem) => configMessage(file, problem)) };
  const templateFolders = [join(dirname(file), 'templates'), TEMPLATE_FOLDER];
  const facts = await observeMachine(parsed.config, { configFile: file, templateFolders, shell });
  const { problems, warnings } = checkOnThisMachine(parsed.config, facts);
  const said = (found: readonly ConfigProblem[]) => found.map((problem) => configMessage(file, problem));
  // A definition that is written already needs no template.
  const inTheWay = problems.filter(({ sentence }) => !sentence.startsWith('pcs_template'));
  return inTheWay.length === 0
    ? {
        ok: true,
        value: { configFile: file, config: parsed.config, templateFolders },
        warnings: said(warnings),
      }
    : { ok: false, sentences: said(problems) };
}

export interface ReadDefinition {
  readonly definitionFile: string;
  readonly lines: readonly DefinitionLine[];
}

/** The definition as the operator named it, else config.pcs or config.crm beside config.ini. */
export function readDefinitionFile(
  named: string | undefined,
  { configFile, config }: ReadConfig,
  shell: Shell,
): Prepared<ReadDefinition> {
  const file = named ?? join(dirname(configFile), `config.${shell}`);
  const text = readTextIfExists(file);
  if (text === undefined) {
    const crm = shell === 'crm' ? ' --shell crm' : '';
    return {
      ok: false,
      sentences: [`there is no ${file}; make it of config.ini: cls_setup${crm} --write ${file}`],
    };
  }
  const parsed = readDefinition(text);
  const problems = parsed.ok ? missingAgents(parsed.lines, config) : parsed.problems;
  return parsed.ok && problems.length === 0
    ? { ok: true, value: { definitionFile: file, lines: parsed.lines }, warnings: [] }
    : { ok: false, sentences: problems.map((problem) => configMessage(file, problem)) };
}

function missingAgents(
  lines: readonly DefinitionLine[],
  { values }: ClusterConfig,
): readonly ConfigProblem[] {
  return [...agentsOf(lines)].flatMap(([agent, line]) => {
    const [, provider = '', type = ''] = agent.split(':');
    if (readTextIfExists(join(values.OCF_ROOT, 'resource.d', provider, type)) !== undefined) return [];
    const remedy =
      provider === 'pha' ? './install.sh installs it on every node' : 'install the package resource-agents';
    return [{ line, sentence: `the agent ${agent} is not installed on this node; ${remedy}` }];
  });
}
