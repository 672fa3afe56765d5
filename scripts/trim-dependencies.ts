import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

interface Replacement {
  /** the end of a file's path */
  readonly file: string;
  readonly search: string;
  readonly replacement: string;
}

/**
 * execa asks for the standard streams while it is loaded, and Node makes them at that moment: three sockets or file
 * streams that no agent uses. Here they are made when a command is given one of them.
 */
const REPLACEMENTS: readonly Replacement[] = [
  {
    file: 'execa/lib/utils/standard-stream.js',
    search: '[process.stdin, process.stdout, process.stderr]',
    replacement: `['stdin', 'stdout', 'stderr'].reduce(
      (list, name, fd) => Object.defineProperty(list, fd, { get: () => process[name] }), [])`,
  },
  {
    file: 'execa/lib/utils/standard-stream.js',
    search: 'stream => STANDARD_STREAMS.includes(stream)',
    replacement: 'stream => [0, 1, 2].includes(stream?.fd) && STANDARD_STREAMS.includes(stream)',
  },
];

const replaceIn = (text: string, { file, search, replacement }: Replacement): string => {
  if (!text.includes(search))
    throw new Error(`${file} has changed: it does not contain "${search}" any more`);
  return text.replace(search, () => replacement);
};

/** Each import of node:process would copy its 80 properties; what is not listed here does not build. */
const PROCESS = 'export default process; export const { execArgv, execPath, hrtime, platform } = process;';

/** Keeps dependencies from doing dear things while they are loaded. A dependency that has changed fails the build. */
export const trimDependencies: Plugin = {
  name: 'trim-dependencies',
  setup: (build) => {
    build.onResolve({ filter: /^node:process$/ }, ({ path }) => ({ path, namespace: 'global' }));
    build.onLoad({ filter: /./, namespace: 'global' }, () => ({ contents: PROCESS }));
    for (const file of new Set(REPLACEMENTS.map((replacement) => replacement.file))) {
      build.onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, async ({ path }) => ({
        contents: REPLACEMENTS.filter((r) => r.file === file).reduce(replaceIn, await readFile(path, 'utf8')),
      }));
    }
  },
};
