import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { bundle } from '../../../scripts/bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'pha-launcher-'));
t.teardown(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));

const ID_LENGTH = 32;
const HEADER_LENGTH = 1024;

let count = 0;

/** Bundles a source into a folder of its own. */
const install = async (source: string, inShell = ''): Promise<string> => {
  count += 1;
  const home = join(folder, String(count));
  mkdirSync(home);
  writeFileSync(join(home, 'agent.ts'), source);
  const { text, map } = await bundle(join(home, 'agent.ts'), '.agent.map', inShell);
  writeFileSync(join(home, 'agent'), text, { mode: 0o755 });
  writeFileSync(join(home, '.agent.map'), map);
  return join(home, 'agent');
};

const cacheOf = (agent: string, infix = ''): string => agent.replace(/agent$/, `.agent${infix}.cache`);

const run = (agent: string, args: readonly string[] = [], nodeOptions: readonly string[] = []) => {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  const result = spawnSync(process.execPath, [...nodeOptions, agent, ...args], { encoding: 'utf8', env });
  return { out: result.stdout.trim(), err: result.stderr, code: result.status };
};

/** What a cache was made from stands after what it was made by. */
const callsIn = (agent: string, infix = ''): string[] =>
  (readFileSync(cacheOf(agent, infix), 'latin1').slice(0, HEADER_LENGTH).split(' x64 ')[1] ?? '')
    .trim()
    .split(' ')
    .slice(2);

t.test('runs the program as Node runs a file', async (t) => {
  const agent = await install(`
    import { basename } from 'node:path';
    declare const require: NodeJS.Require, module: unknown, __filename: string;
    const text = \`\${basename(__filename)} \${process.argv.slice(2).join(',')} é\${'\\n'}\`;
    process.stdout.write(text + String(require.main === module));
    process.exitCode = 5;
  `);
  t.same(run(agent, ['a', 'b c']), { out: 'agent a,b c é\ntrue', err: '', code: 5 });
  t.equal(
    readFileSync(agent, 'utf8').split('\n').length,
    5,
    'four lines: interpreter, launcher, program, map',
  );
});

t.test('positions in the sources', async (t) => {
  const agent = await install(`const fail = (): never => {\n  throw new Error('planted');\n};\n\nfail();\n`);
  const { err } = run(agent, [], ['--enable-source-maps']);
  t.match(err, /agent\.ts:2:9/);
  t.match(err, /agent\.ts:5:1/);
});

t.test('what a shell can answer ends before Node.js is started', async (t) => {
  const source = `process.stdout.write(process.argv.slice(2).join('|') || 'none');\n\nthrow new Error('planted');\n`;
  const agent = await install(source, 'case "$1" in unheeded) exit 0;; esac;');
  const call = (args: readonly string[], path = process.env.PATH) => {
    const { status, stdout, stderr } = spawnSync(agent, args, { encoding: 'utf8', env: { PATH: path } });
    return { code: status, out: stdout, err: stderr };
  };
  t.same(call(['unheeded', 'x'], '/nowhere'), { code: 0, out: '', err: '' });
  t.match(call(['notify']), { code: 1, out: 'notify' });
  t.match(call(['a', 'b c', '']), { code: 1, out: 'a|b c|' });
  t.match(call([]), { code: 1, out: 'none' });
  t.match(run(agent, ['x'], ['--enable-source-maps']), { out: 'x', err: /agent\.ts:3:7/ });
});

t.test('modules on the list are loaded at their first use', async (t) => {
  const agent = await install(`
    import { randomBytes } from 'node:crypto';
    import { Client } from 'pg';
    import { execa } from 'execa';
    const loaded = (name: string) => process.moduleLoadList.includes('NativeModule ' + name);
    console.log(loaded('crypto'), loaded('net'), loaded('child_process'));
    console.log(typeof new Client({}).query, loaded('crypto'), loaded('http'));
    console.log(randomBytes(3).length, loaded('crypto'));
    execa('/bin/echo', ['done']).then(({ stdout }) => console.log(stdout, loaded('child_process')));
  `);
  const { out, err } = run(agent);
  t.same(out.split('\n'), ['false false false', 'function false false', '3 true', 'done true'], err);
});

t.test('the cache grows with every new kind of ordinary call', async (t) => {
  const agent = await install('process.exit(Number(process.argv[3]));');
  run(agent, ['start', '1']);
  t.notOk(existsSync(cacheOf(agent)), 'a failing call writes none');
  run(agent, ['promote', '0']);
  t.notOk(existsSync(cacheOf(agent)), 'an urgent call writes none');
  run(agent, ['status', '7']);
  t.same(callsIn(agent), ['status:7:0']);
  run(agent, ['status', '0']);
  run(agent, ['start', '0']);
  run(agent, ['start', '1']);
  run(agent, ['a word; not an action', '0']);
  t.same(callsIn(agent), ['status:7:0', 'status:0:0', 'start:0:0', ':0:0']);
  const { mtimeMs, mode } = statSync(cacheOf(agent));
  run(agent, ['status', '0']);
  t.equal(statSync(cacheOf(agent)).mtimeMs, mtimeMs, 'nothing new, nothing written');
  t.equal(mode & 0o022, 0);
  run(agent, ['monitor', '0']);
  t.same(callsIn(agent, '.monitor'), ['monitor:0:0'], 'monitor has its own');
});

t.test('a call that uses another module is of another kind', async (t) => {
  const agent = await install(`
    import { hostname } from 'node:os';
    if (process.argv[3] !== undefined) hostname();
  `);
  run(agent, ['start']);
  run(agent, ['start', 'name']);
  run(agent, ['start', 'name']);
  const [first, second, ...others] = callsIn(agent);
  t.equal(first, 'start:0:0');
  t.match(second, /^start:0:[^0]/);
  t.same(others, []);
});

t.test('no cache, no harm', async (t) => {
  const agent = await install('console.log("ran");');
  mkdirSync(cacheOf(agent));
  t.match(run(agent), { out: 'ran', err: '', code: 0 });
});

/**
 * An agent that says "own", and the cache of another that says "odd" and is otherwise the same. Under the own
 * agent's id it is used, which shows in what the agent says; this is how the tests see whether a cache is used.
 */
const withStrangeCache = async (): Promise<{ agent: string; cache: string; strange: Buffer }> => {
  const agent = await install('console.log("own");');
  const other = await install('console.log("odd");');
  run(other);
  const strange = readFileSync(cacheOf(other));
  run(agent);
  const id = readFileSync(cacheOf(agent)).subarray(0, ID_LENGTH);
  for (const at of [0, strange.length / 2]) id.copy(strange, at);
  return { agent, cache: cacheOf(agent), strange };
};

t.test('whose cache is used', async (t) => {
  const { agent, cache, strange } = await withStrangeCache();
  const place = (content: Buffer): void => {
    rmSync(cache, { force: true });
    writeFileSync(cache, content, { mode: 0o644 });
  };
  place(strange);
  t.equal(run(agent).out, 'odd', 'one that fits');

  chmodSync(cache, 0o664);
  t.equal(run(agent).out, 'own', 'not one that others may write');

  const ofOther = Buffer.from(strange);
  for (const at of [0, strange.length / 2]) ofOther.write('0'.repeat(ID_LENGTH), at);
  place(ofOther);
  t.equal(run(agent).out, 'own', 'not that of another program');

  const damaged = Buffer.from(strange);
  damaged[3000] = (damaged[3000] ?? 0) ^ 1;
  place(damaged);
  t.equal(run(agent).out, 'own', 'not a damaged one');

  place(strange);
  truncateSync(cache, strange.length - 100);
  t.equal(run(agent).out, 'own', 'not a part of one');

  place(strange);
  renameSync(cache, `${cache}.elsewhere`);
  symlinkSync(`${cache}.elsewhere`, cache);
  t.equal(run(agent).out, 'own', 'not what a link leads to');
});

t.test('a cache of another owner', { skip: process.geteuid?.() === 0 ? false : 'needs root' }, async (t) => {
  const { agent, cache, strange } = await withStrangeCache();
  writeFileSync(cache, strange);
  chownSync(cache, 1, 1);
  t.equal(run(agent).out, 'own', 'is not used');
  writeFileSync(cache, strange);
  chownSync(cache, 1, 1);
  chownSync(agent, 1, 1);
  t.equal(run(agent).out, 'odd', 'unless the executable is his, too');
});
