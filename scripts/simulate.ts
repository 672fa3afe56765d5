/** `npm run -s simulate`: bundles test/simulation first, since it is to run thousands of clusters a minute. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const directory = join(root, 'node_modules', '.cache', 'pha');
const outfile = join(directory, 'simulate.mjs');

mkdirSync(directory, { recursive: true });
await build({
  entryPoints: [join(root, 'test', 'simulation', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node18',
  logLevel: 'error',
  // Of the doors to processes and the like, which are in the bundle and never called.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
