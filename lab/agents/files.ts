/** What an agent needs on a node's disk before Pacemaker can run it. */
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withInterpreter } from '../../lib/commands/install/on-node/put.ts';
import type { NodeFile } from '../backend.ts';
import { LabError } from '../failure.ts';
import type { LabOptions } from '../options.ts';
import { floorFiles } from './floor.ts';
import { correctShellFunctions } from './heartbeat.ts';

const project = join(fileURLToPath(new URL('.', import.meta.url)), '..', '..');
const shellFunctions = '/usr/lib/ocf/lib/heartbeat/ocf-shellfuncs';

const hashbang = Buffer.from('#!');

const executables = async (source: string, target: string): Promise<NodeFile[]> => {
  const names = await readdir(source).catch(() => []);
  // An executable's cache of compiled code belongs to the place where it was written.
  const wanted = names.filter((name) => !name.endsWith('.cache') && !/\.tmp\d*$/.test(name));
  return Promise.all(
    wanted.map(async (name): Promise<NodeFile> => {
      // as it is installed: Pacemaker's PATH may not have node in it
      const content = withInterpreter(await readFile(join(source, name)), process.execPath);
      const mode = content.subarray(0, hashbang.length).equals(hashbang) ? 0o755 : 0o644;
      return { path: join(target, name), content, mode };
    }),
  );
};

/** The project's own agents and commands, as far as they have been built. */
export const builtFiles = async (dist = join(project, 'dist')): Promise<NodeFile[]> => [
  ...(await executables(join(dist, 'ocf'), '/usr/lib/ocf/resource.d/pha')),
  ...(await executables(join(dist, 'bin'), '/usr/local/bin')),
];

const requireFile = async (path: string, remedy: string): Promise<void> => {
  await access(path).catch(() => {
    throw new LabError(`${path} is missing: ${remedy}.`);
  });
};

const corrections = async (): Promise<NodeFile[]> => {
  const text = await readFile(shellFunctions, 'utf8').catch(() => undefined);
  return text === undefined
    ? []
    : [{ path: shellFunctions, content: correctShellFunctions(text), mode: 0o644 }];
};

/** @throws LabError if the agent is not built or its package is not installed. */
export const agentFiles = async (options: LabOptions): Promise<NodeFile[]> => {
  if (options.fresh) return [];
  // Whatever the agent: a benchmark calls the built one and ocf:heartbeat:pgsql on the same cluster.
  const common = [...(await builtFiles()), ...(await corrections())];
  switch (options.agent) {
    case 'pha':
      if (!common.some(({ path }) => path === '/usr/lib/ocf/resource.d/pha/pgsql')) {
        throw new LabError('dist/ocf/pgsql is missing: run "npm run -s build" first.');
      }
      if (options.template === 'muti_with_lvs')
        await requireFile(join(project, 'dist', 'ocf', 'lvsdr'), 'run "npm run -s build" first');
      return common;
    case 'heartbeat':
      await requireFile(
        '/usr/lib/ocf/resource.d/heartbeat/pgsql',
        'install the Debian package resource-agents',
      );
      return common;
    case 'paf':
      await requireFile(
        '/usr/lib/ocf/resource.d/heartbeat/pgsqlms',
        'install the Debian package resource-agents-paf',
      );
      return common;
    case 'floor':
      return [...common, ...(await floorFiles())];
    case 'none':
      return common;
  }
};
