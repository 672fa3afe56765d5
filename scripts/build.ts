/**
 * Bundles every entry of agents/ into one minified, self-contained executable in dist/, and writes the commands' manual
 * pages (dist/man) and their completion (dist/completion).
 */
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bashCompletion } from '../lib/commands/cli/bash-completion.ts';
import { manPage } from '../lib/commands/cli/man-page.ts';
import { ENDS_UNHEEDED, GOES_ON } from '../lib/pgsql/unheeded.ts';
import { bundle, bundleModule } from './bundle.ts';
import { findAgents, findCommands } from './declarations.ts';
import { type MetadataFiles, metadataFiles } from './metadata-files.ts';

interface Entry {
  readonly kind: string;
  readonly name: string;
  readonly source: string;
}

/** What a shell does before Node.js is started, by the agent's name. */
const IN_SHELL: Readonly<Record<string, string>> = { pgsql: `${ENDS_UNHEEDED} ${GOES_ON}` };

/** No executable, but a text that install-nodes sends to a node's Node.js. */
const ON_NODE = join('tools', 'on-node.ts');

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

/** agents/<kind>/<name>.ts becomes dist/<kind>/<name>; a kind is `ocf`, `bin` or `tools`. */
const findEntries = async (kind: string): Promise<Entry[]> => {
  const folder = join(root, 'agents', kind);
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.ts') && join(kind, file) !== ON_NODE)
    .map((file) => ({ kind, name: basename(file, '.ts'), source: join(folder, file) }));
};

/** By renaming, so that a cluster of the lab that runs from dist/ never sees half a file. */
const place = async (path: string, text: string, mode: number): Promise<void> => {
  const temporary = `${path}.tmp${process.pid}`;
  await writeFile(temporary, text);
  await chmod(temporary, mode);
  await rename(temporary, path);
};

/**
 * What lies beside an executable is there first, so that it is found from the first call on. Dot files are no agents to
 * Pacemaker, which lists every executable in the folder.
 */
const buildEntry = async (
  { kind, name, source }: Entry,
  { files, inShell }: MetadataFiles = { files: {}, inShell: '' },
): Promise<readonly string[]> => {
  const map = `.${name}.map`;
  const executable = await bundle(source, map, [inShell, IN_SHELL[name] ?? ''].join(' ').trim());
  const beside = { ...files, [map]: executable.map };
  for (const [file, text] of Object.entries(beside)) await place(join(root, 'dist', kind, file), text, 0o644);
  await place(join(root, 'dist', kind, name), executable.text, 0o755);
  return [name, ...Object.keys(beside)];
};

const buildKind = async (
  kind: string,
  keep: readonly string[] = [],
  metadata: ReadonlyMap<string, MetadataFiles> = new Map(),
): Promise<void> => {
  const folder = join(root, 'dist', kind);
  await mkdir(folder, { recursive: true });
  const built: string[] = [];
  for (const entry of await findEntries(kind))
    built.push(...(await buildEntry(entry, metadata.get(entry.name))));
  await keepOnly(folder, [...keep, ...built]);
};

const keepOnly = async (folder: string, wanted: readonly string[]): Promise<void> => {
  for (const file of await readdir(folder)) {
    if (!wanted.includes(file)) await rm(join(folder, file), { recursive: true });
  }
};

const placeAll = async (folder: string, files: Readonly<Record<string, string>>): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await place(join(folder, name), text, 0o644);
  await keepOnly(folder, Object.keys(files));
};

const buildManual = async (): Promise<void> => {
  const commands = await findCommands();
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const names = commands.map(({ name }) => name);
  const pages = commands.map((command) => {
    const others = names.filter((name) => name !== command.name);
    return [`${command.name}.1`, manPage(command, { version, others })];
  });
  await placeAll(join(root, 'dist', 'man'), Object.fromEntries(pages));
  await placeAll(join(root, 'dist', 'completion'), { 'pha.bash': bashCompletion(commands) });
};

await mkdir(join(root, 'dist'), { recursive: true });
// The package is of type `module`; below dist/, a file without a suffix must be CommonJS nevertheless.
await place(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n', 0o644);
const agents = await findAgents();
await buildKind('ocf', [], new Map(agents.map((agent) => [agent.name, metadataFiles(agent)])));
await buildKind('bin');
await buildManual();
// Only for whoever installs: nothing of it is copied to a node.
await buildKind('tools', ['on-node.js']);
await place(
  join(root, 'dist', 'tools', 'on-node.js'),
  await bundleModule(join(root, 'agents', ON_NODE)),
  0o644,
);
// install.sh builds again when a source is newer.
await place(join(root, 'dist', '.built'), '', 0o644);
