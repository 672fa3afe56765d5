import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { loadLater, NOTE_USE } from './load-later.ts';
import { trimDependencies } from './trim-dependencies.ts';

const SCRIPTS = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

/**
 * Dear to load, and not needed by every call: `meta-data` needs none of them, a monitor without replication no
 * process and no XML. The parts of pg and execa (which takes locks, and starts nothing else) are for passwords, signals and `verbose`.
 */
const LOADED_LATER = [
  './node_modules/execa/lib/verbose/log.js',
  'execa',
  'fast-xml-parser',
  'human-signals',
  'pg',
  'pg/lib/crypto/utils.js',
  'node:child_process',
  'node:crypto',
  'node:dns',
  'node:module',
  'node:net',
  'node:os',
  'node:v8',
];

const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node18',
  // An executable without a suffix is loaded as CommonJS.
  format: 'cjs',
  legalComments: 'none',
  // All code has to stay in one line of ASCII, and is run by vm.Script, which knows no import().
  charset: 'ascii',
  supported: { 'template-literal': false, 'dynamic-import': false },
  write: false,
} satisfies BuildOptions;

export interface Executable {
  readonly text: string;
  /** for the file `mapName` beside it */
  readonly map: string;
}

/** esbuild writes control characters of regular expressions as they are (yocto-spinner has one); elsewhere it escapes them. */
const withoutControlCharacters = (code: string): string =>
  code.replace(/(?![\t\n])\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const oneLine = (code: string): string => {
  const line = withoutControlCharacters(code.trimEnd());
  if (/[^\u0020-\u007e\t]/.test(line)) throw new Error('the bundle is not one line of ASCII');
  return line;
};

const textOf = (files: readonly { path: string; text: string }[] | undefined, suffix: string): string =>
  files?.find(({ path }) => path.endsWith(suffix))?.text ?? '';

/** The text of a CommonJS module with all that it imports: for Node.js on another machine (agents/tools/on-node.ts). */
export const bundleModule = async (source: string): Promise<string> => {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: [source] });
  return oneLine(outputFiles[0]?.text ?? '');
};

const bundleLauncher = async (): Promise<string> => {
  const contents = `import { launch } from './launcher.ts'; launch(module, require);`;
  const { outputFiles } = await build({ ...OPTIONS, stdin: { contents, resolveDir: SCRIPTS } });
  return oneLine(outputFiles[0]?.text ?? '');
};

/**
 * A line that is a command to a shell and a string with a comment to Node.js: what needs nothing of the agent's own rules ends here (unheeded.ts), in
 * two milliseconds and not in the 60 and more that Node.js takes to start, while Pacemaker waits for all nodes.
 */
const shellLine = (inShell: string): string => `':' //; ${inShell} exec /usr/bin/env node "$0" "$@"`;

/**
 * One self-contained executable: the interpreter's line, the shell's if it can answer some calls itself, the
 * launcher's, the program as a comment (see launcher.ts), and the name of the source map.
 */
export const bundle = async (source: string, mapName: string, inShell = ''): Promise<Executable> => {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: [source],
    // The native PostgreSQL driver and the Cloudflare socket are optional; neither is ever used here.
    external: ['pg-native', 'pg-cloudflare', 'cloudflare:sockets'],
    // By these pg finds out whether it runs at Cloudflare, and so makes Node load its whole HTTP client.
    define: { navigator: 'undefined', Response: 'undefined' },
    plugins: [trimDependencies, loadLater(LOADED_LATER)],
    sourcemap: 'external',
    sourcesContent: false,
    outfile: join(SCRIPTS, '..', 'dist', 'x', 'x.js'),
  });
  const code = oneLine(textOf(outputFiles, '.js'));
  const map = JSON.parse(textOf(outputFiles, '.map')) as { mappings: string };
  const id = createHash('sha256').update(code).digest('hex').slice(0, 32);
  const head = inShell === '' ? ['#!/usr/bin/env node'] : ['#!/bin/sh', shellLine(inShell)];
  return {
    text: [
      ...head,
      await bundleLauncher(),
      `///*${id}*/(function(exports,require,module,__filename,__dirname,${NOTE_USE}){${code}})`,
      `//# sourceMappingURL=${mapName}`,
      '',
    ].join('\n'),
    map: JSON.stringify({ ...map, mappings: `${';'.repeat(head.length + 1)}${map.mappings}` }),
  };
};
