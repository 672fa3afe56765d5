/** The executables as files: self-contained, traceable, and quick to start. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { agents, call, DIST } from './executables.ts';

/** Outside of the repository, whose node_modules would be found. */
const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'pha-bundle-'));

for (const agent of agents) {
  t.test(agent, async (t) => {
    const text = readFileSync(join(DIST, agent), 'utf8');

    t.test('an executable of one file', async (t) => {
      t.match(text, /^#!\/bin\/sh\n/);
      t.equal(statSync(join(DIST, agent)).mode & 0o777, 0o755);
      const folder = emptyFolder();
      t.teardown(() => rmSync(folder, { recursive: true }));
      cpSync(join(DIST, agent), join(folder, agent));
      t.match(call(join(folder, agent), ['meta-data']), { code: 0, stderr: '' });
      const probe = call(join(folder, agent), ['monitor'], { OCF_RESOURCE_INSTANCE: 'x' });
      t.notMatch(probe.stderr, /Cannot find module/);
    });

    t.test('described before Node.js is started', async (t) => {
      const folder = emptyFolder();
      t.teardown(() => rmSync(folder, { recursive: true }));
      const beside = readdirSync(DIST).filter(
        (name) => name.startsWith(`.${agent}.`) && name.endsWith('.xml'),
      );
      t.same(beside.sort(), [`.${agent}.master.xml`, `.${agent}.promoted.xml`]);
      for (const name of [agent, ...beside]) cpSync(join(DIST, name), join(folder, name));
      // With these alone, Node.js is not found.
      mkdirSync(join(folder, 'tools'));
      symlinkSync('/bin/cat', join(folder, 'tools', 'cat'));
      const described = (file: string, cwd = '/') => {
        const env = { PATH: join(folder, 'tools') };
        const { status, stdout } = spawnSync(file, ['meta-data'], { cwd, env, encoding: 'utf8' });
        return { status, stdout };
      };
      const byNode = call(join(folder, agent), ['meta-data']).stdout;
      t.same(described(join(folder, agent)), { status: 0, stdout: byNode });
      t.same(described(`./${agent}`, folder), { status: 0, stdout: byNode });
      for (const name of beside) writeFileSync(join(folder, name), `other\n${byNode}`);
      t.match(
        described(join(folder, agent)),
        { status: 127, stdout: '' },
        'not by what another version left',
      );
      t.match(
        spawnSync(join(folder, agent), ['meta-data'], { encoding: 'utf8' }),
        { status: 0, stdout: byNode },
        'then Node.js does it',
      );
    });

    t.test('requires nothing but what Node brings along', async (t) => {
      const builtin = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);
      // optional parts of pg that are only loaded when asked for
      const optional = new Set(['pg-native', 'pg-cloudflare', 'cloudflare:sockets']);
      const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map((match) => match[1] ?? '');
      t.same(
        required.filter((name) => !builtin.has(name) && !optional.has(name)),
        [],
      );
    });

    t.test('a source map that Node finds', async (t) => {
      const name = `.${agent}.map`;
      t.ok(text.endsWith(`//# sourceMappingURL=${name}\n`));
      t.ok(existsSync(join(DIST, name)));
      const map: { sources: string[] } = JSON.parse(readFileSync(join(DIST, name), 'utf8'));
      t.ok(map.sources.some((source) => source.endsWith('heartbeat-ocf/run.ts')));
      const script = `
        const { findSourceMap } = require('node:module');
        process.exit = () => {
          const map = findSourceMap(process.argv[1]);
          console.error(map === undefined ? 'none' : 'found');
          process.reallyExit(0);
        };
        process.argv = [process.argv[0], ${JSON.stringify(join(DIST, agent))}, 'methods'];
        require(process.argv[1]);`;
      const result = spawnSync(process.execPath, ['--enable-source-maps', '-e', script], {
        encoding: 'utf8',
      });
      t.match(result.stderr, 'found');
    });

    t.test('nothing big is loaded to describe the agent', async (t) => {
      // by what is loaded and not by time, which other tests on this machine would disturb; the bench measures
      const script = `
        process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')));
        process.argv = [process.argv[0], ${JSON.stringify(join(DIST, agent))}, 'meta-data'];
        require(process.argv[1]);`;
      const result = spawnSync(process.execPath, ['-e', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      t.match(result.stdout, '<resource-agent');
      const loaded = new Set(result.stderr.split('\n').map((line) => line.replace(/^NativeModule /, '')));
      t.ok(loaded.has('fs'), 'the list is there');
      const dear = [
        'child_process',
        'http',
        'internal/deps/undici/undici',
        'perf_hooks',
        'tls',
        'worker_threads',
      ];
      t.same(
        dear.filter((name) => loaded.has(name)),
        [],
      );
    });
  });
}
