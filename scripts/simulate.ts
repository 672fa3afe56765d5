/** `npm run -s simulate`: bundles test/simulation first, since it is to run thousands of clusters a minute. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const directory = join(root, 'node_modules', '.cache', 'pha');
// Another simulation may be under way, of other rules.
const outfile = join(directory, `simulate-${process.pid}.mjs`);

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
// The simulation ends by itself, and says what it has found.
process.on('SIGINT', () => {});
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
const [status] = (await once(child, 'exit')) as [number | null];
rmSync(outfile, { force: true });
process.exitCode = status ?? 1;
