import { dirname, join, resolve } from 'node:path';
import {
  type ClusterConfig,
  type ConfigProblem,
  checkOnThisMachine,
  configMessage,
  inLineOrder,
  type MachineProblem,
  observeMachine,
  parseConfigIni,
  type Shell,
  TEMPLATE_FOLDER,
} from '../../config/index.ts';
import { fileStatus, pathKind, readTextIfExists } from '../../system/files.ts';
import { readNamedFile } from '../cli/named-file.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { agentsOf, type DefinitionLine, readDefinition } from './definition-file.ts';

/** What was read from files, or every objection to them. */
export type Prepared<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentences: readonly string[] };

const wrongArgument = (...sentences: readonly string[]) =>
  ({ ok: false, code: CommandExit.ARGUMENTS, sentences }) as const;
const failed = (...sentences: readonly string[]) =>
  ({ ok: false, code: CommandExit.ERROR, sentences }) as const;

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
  const found = candidates.find((path) => pathKind(path) !== 'missing');
  const file = found === undefined ? '' : resolve(found);
  const read = found === undefined ? undefined : readNamedFile(file);
  if (read?.ok === false) return wrongArgument(read.objection);
  if (read?.text === undefined) {
    return wrongArgument(
      `there is no ${candidates.join(' and no ')}; make one of templates/*/config.ini.sample`,
    );
  }
  const distrust = configFile === undefined ? objectionToFound(file, '--config') : undefined;
  if (distrust !== undefined) return failed(distrust);
  const parsed = parseConfigIni(read.text);
  const config = parsed.ok ? parsed.config : parsed.partial;
  const templateFolders = [join(dirname(file), 'templates'), TEMPLATE_FOLDER];
  const facts = await observeMachine(config, { configFile: file, templateFolders, shell });
  const { problems, warnings } = checkOnThisMachine(config, facts);
  const { inTheWay, more } = sorted(problems);
  const said = (all: readonly ConfigProblem[]) =>
    inLineOrder(all).map((problem) => configMessage(file, problem));
  return parsed.ok && inTheWay.length === 0
    ? {
        ok: true,
        value: { configFile: file, config, templateFolders },
        warnings: said([...more, ...warnings]),
      }
    : failed(...said([...(parsed.ok ? [] : parsed.problems), ...inTheWay, ...more, ...warnings]));
}

/** A definition that is written already needs no template, and Pacemaker needs no names that resolve here. */
function sorted(problems: readonly MachineProblem[]): {
  readonly inTheWay: readonly ConfigProblem[];
  readonly more: readonly ConfigProblem[];
} {
  return {
    inTheWay: problems.filter(({ about }) => about !== 'template' && about !== 'unresolved-node'),
    more: problems.filter(({ about }) => about === 'unresolved-node'),
  };
}

/** Nobody named this file: it lies where somebody else may have put it for root to load. */
function objectionToFound(file: string, option: string): string | undefined {
  const status = fileStatus(file);
  if (status === undefined) return undefined;
  const isOwn = status.ownerUid === 0 || status.ownerUid === process.geteuid?.();
  if (isOwn && (status.mode & 0o022) === 0) return undefined;
  const mode = status.mode.toString(8).padStart(4, '0');
  const what = isOwn
    ? `has the mode ${mode}, so that others may change it`
    : `belongs to the user ${status.ownerUid}`;
  return `${file} ${what}; look at it, then name it (${option} ${file}), or run chown root and chmod go-w on it`;
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
  const file = resolve(named ?? join(dirname(configFile), `config.${shell}`));
  const read = readNamedFile(file);
  if (!read.ok) return wrongArgument(read.objection);
  if (read.text === undefined) {
    const crm = shell === 'crm' ? ' --shell crm' : '';
    const sentence = `there is no ${file}; make it of config.ini: cls_setup${crm} --write ${file}`;
    return named === undefined ? failed(sentence) : wrongArgument(sentence);
  }
  const distrust = named === undefined ? objectionToFound(file, '--definition') : undefined;
  if (distrust !== undefined) return failed(distrust);
  const parsed = readDefinition(read.text);
  const problems = parsed.ok ? missingAgents(parsed.lines, config) : parsed.problems;
  return parsed.ok && problems.length === 0
    ? { ok: true, value: { definitionFile: file, lines: parsed.lines }, warnings: [] }
    : failed(...problems.map((problem) => configMessage(file, problem)));
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
