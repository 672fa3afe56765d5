/** Bundles every entry of agents/ into one minified, self-contained executable in dist/. */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bundle } from './bundle.ts';

interface Entry {
  readonly kind: string;
  readonly name: string;
  readonly source: string;
}

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

/** agents/<kind>/<name>.ts becomes dist/<kind>/<name>; a kind is `ocf` or `bin`. */
const findEntries = async (kind: string): Promise<Entry[]> => {
  const folder = join(root, 'agents', kind);
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ kind, name: basename(file, '.ts'), source: join(folder, file) }));
};

/** By renaming, so that a cluster of the lab that runs from dist/ never sees half a file. */
const place = async (path: string, text: string, mode: number): Promise<void> => {
  const temporary = `${path}.tmp${process.pid}`;
  await writeFile(temporary, text);
  await chmod(temporary, mode);
  await rename(temporary, path);
};

const buildKind = async (kind: string): Promise<void> => {
  const folder = join(root, 'dist', kind);
  await mkdir(folder, { recursive: true });
  const entries = await findEntries(kind);
  for (const entry of entries) {
    // Dot files are no agents to Pacemaker, which lists every executable in the folder.
    const map = `.${entry.name}.map`;
    const executable = await bundle(entry.source, map);
    await place(join(folder, map), executable.map, 0o644);
    await place(join(folder, entry.name), executable.text, 0o755);
  }
  const wanted = new Set(entries.flatMap(({ name }) => [name, `.${name}.map`]));
  for (const file of await readdir(folder)) {
    if (!wanted.has(file)) await rm(join(folder, file), { recursive: true });
  }
};

await mkdir(join(root, 'dist'), { recursive: true });
// The package is of type `module`; below dist/, a file without a suffix must be CommonJS nevertheless.
await place(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n', 0o644);
for (const kind of ['ocf', 'bin']) await buildKind(kind);
