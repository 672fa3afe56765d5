import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;
export const DIST = join(ROOT, 'dist', 'ocf');

/** Names of the agents that were built. */
export const agents: readonly string[] = readdirSync(DIST).filter((name) => !name.startsWith('.'));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** without the prefix */
  readonly reasons: readonly string[];
}

const outcome = (result: SpawnSyncReturns<string>): Outcome => ({
  code: result.status,
  stdout: result.stdout,
  stderr: result.stderr,
  reasons: [...result.stderr.matchAll(/^ocf-exit-reason:(.*)$/gm)].map((match) => match[1] ?? ''),
});

/** Calls an executable as Pacemaker does, with no more in its environment than is given. */
export const call = (
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Outcome =>
  outcome(
    spawnSync(process.execPath, [file, ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    }),
  );

export const callAgent = (
  agent: string,
  action: string,
  env: Readonly<Record<string, string>> = {},
): Outcome => call(join(DIST, agent), [action], env);

/** The same as the user nobody, who may read and run but change nothing. */
export const callAsNobody = (file: string, action: string): Outcome =>
  outcome(
    spawnSync(
      '/usr/bin/setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, file, action],
      { env: {}, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 },
    ),
  );

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly default: string | undefined;
  readonly required: boolean;
}

const unescapeXml = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: 'lt') => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name],
  );

/** What the metadata says of the parameters; the form is the one of this project's own generator. */
export const parametersOf = (agent: string): readonly Parameter[] => {
  const xml = callAgent(agent, 'meta-data').stdout;
  return [
    ...xml.matchAll(/<parameter name="([^"]*)"[^>]*required="([01])"[^>]*>([\s\S]*?)<\/parameter>/g),
  ].map(([, name = '', required, body = '']) => {
    const [, type = '', defaultValue] = /<content type="([^"]*)"(?: default="([^"]*)")?/.exec(body) ?? [];
    return {
      name,
      type,
      default: defaultValue === undefined ? undefined : unescapeXml(defaultValue),
      required: required === '1',
    };
  });
};

/** Names, sizes, times and contents below a folder: equal before and after means that nothing was touched. */
export const stateOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const stat = statSync(path);
      return `${name} ${stat.mode} ${stat.uid} ${stat.mtimeMs} ${stat.isFile() ? readFileSync(path, 'utf8') : ''}`;
    })
    .join('\n');

/** Why a test cannot run here, or false; the form of tap's option `skip`. */
export const unlessRoot: string | false = process.geteuid?.() === 0 ? false : 'needs root';
export const unlessThere = (path: string): string | false => {
  try {
    statSync(path);
    return false;
  } catch {
    return `${path} is not installed`;
  }
};
