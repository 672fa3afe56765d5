import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { deadlineIn, monotonicMs, sleep } from '../../../../lib/system/clock.ts';
import { readTextIfExists } from '../../../../lib/system/files.ts';
import { findUser } from '../../../../lib/system/os-user.ts';
import { processInfo } from '../../../../lib/system/proc.ts';
import { describeFailure, run, succeeded } from '../../../../lib/system/process.ts';

const sh = (script: string, ms = 5000) => run('/bin/sh', ['-c', script], { deadline: deadlineIn(ms) });

const timed = async <T>(work: Promise<T>): Promise<{ value: T; ms: number }> => {
  const startMs = monotonicMs();
  const value = await work;
  return { value, ms: monotonicMs() - startMs };
};

t.test('output, status, signal', async (t) => {
  const result = await sh('echo out; echo err >&2; exit 3');
  t.match(result, { command: 'sh', exitCode: 3, signal: undefined, timedOut: false, notFound: false });
  t.same([result.stdout, result.stderr], ['out\n', 'err\n']);
  t.notOk(succeeded(result));
  t.equal(describeFailure(result), 'sh: exit code 3: err');
  t.ok(succeeded(await sh('true')));
  const killed = await sh('kill -9 $$');
  t.match(killed, { exitCode: undefined, signal: 'SIGKILL', timedOut: false });
  t.equal(describeFailure(killed), 'sh: ended by SIGKILL');
});

t.test('speaks English, gets its input, environment and directory', async (t) => {
  const options = { deadline: deadlineIn(5000), input: 'hello', env: { X: '1' }, cwd: '/usr' };
  const result = await run('/bin/sh', ['-c', 'cat; echo " $LC_ALL $X $PWD"'], options);
  t.equal(result.stdout, 'hello C 1 /usr\n');
  t.equal((await sh('cat; echo end')).stdout, 'end\n', 'without input there is none to wait for');
});

t.test('what cannot be started', async (t) => {
  const missing = await run('/no/such/program', [], { deadline: deadlineIn(1000) });
  t.match(missing, { notFound: true, exitCode: undefined });
  t.equal(describeFailure(missing), 'program: there is no such program');
  const directory = mkdtempSync(join(tmpdir(), 'pha-run-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'plain'), 'text');
  const plain = await run(join(directory, 'plain'), [], { deadline: deadlineIn(1000) });
  t.match(plain, { notFound: false, exitCode: undefined });
  t.match(describeFailure(plain), /^plain: .*EACCES/);
  const nul = await run('/bin/echo', ['a\0b'], { deadline: deadlineIn(1000) });
  t.notOk(succeeded(nul));
  t.match(describeFailure(nul), /^echo: .*null bytes/);
  const lost = await run('/bin/true', [], { deadline: deadlineIn(1000), cwd: '/no/such/directory' });
  t.equal(lost.notFound, false);
  t.match(describeFailure(lost), /^true: there is no directory \/no\/such\/directory/);
  const late = await run('/bin/true', [], { deadline: deadlineIn(-1) });
  t.ok(late.timedOut);
});

t.test('one that does not read its input says itself what is wrong', async (t) => {
  const options = { deadline: deadlineIn(5000), input: 'x'.repeat(1_000_000) };
  const result = await run('/bin/sh', ['-c', 'echo refused >&2; exit 4'], options);
  t.equal(describeFailure(result), 'sh: exit code 4: refused');
});

t.test('too much output ends it', async (t) => {
  const result = await sh('yes', 60_000);
  t.notOk(succeeded(result));
  t.equal(describeFailure(result), 'sh: it has said more than 32 MiB');
});

/** The command that is to be outlived, or not, has been started when it has written its process id. */
const pidIn = async (path: string): Promise<number> => {
  for (;;) {
    const pid = Number(readTextIfExists(path) ?? '');
    if (pid > 0) return pid;
    await sleep(20);
  }
};

for (const [how, end] of [
  ['ends by itself', "process.stdin.once('data', () => process.exit(3));"],
  ['is ended by a signal', "process.stdin.once('data', () => process.kill(process.pid, 'SIGTERM'));"],
] as const) {
  t.test(`it ends when this process ${how}`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'pha-run-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const told = join(directory, 'pid');
    const urlOf = (name: string) => new URL(`../../../../lib/system/${name}.ts`, import.meta.url).href;
    const script = `
      import { run } from '${urlOf('process')}';
      import { deadlineIn } from '${urlOf('clock')}';
      void run('/bin/sh', ['-c', 'echo $$ >${told}; exec sleep 1000'], { deadline: deadlineIn(60_000) });
      ${end}`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const cwd = new URL('../../../..', import.meta.url);
    const caller = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'ignore', 'inherit'] });
    const over = new Promise((resolve) => caller.once('exit', (code, signal) => resolve(signal ?? code)));
    const pid = await pidIn(told);
    t.ok(processInfo(pid), 'it runs');
    caller.stdin.end('now');
    t.equal(await over, how === 'ends by itself' ? 3 : 'SIGTERM');
    // The signal is sent by then; it takes effect when the kernel gets to it.
    for (let round = 0; processInfo(pid) !== undefined && round < 200; round++) await sleep(10);
    t.equal(processInfo(pid), undefined);
  });
}

t.test('the deadline ends a command and its children', async (t) => {
  const { value, ms } = await timed(sh('sleep 61 & echo $!; wait', 200));
  t.ok(value.timedOut && !succeeded(value));
  t.equal(describeFailure(value), 'sh: not finished in time');
  t.ok(ms >= 190 && ms < 1000, `${ms} ms`);
  await sleep(50);
  t.equal(processInfo(Number(value.stdout)), undefined, 'the child is gone');
});

t.test('a child that holds the output open does not hold us', async (t) => {
  const { value, ms } = await timed(sh('sleep 62 & echo $!'));
  t.ok(succeeded(value));
  t.ok(ms < 1000, `${ms} ms`);
  process.kill(Number(value.stdout), 'SIGKILL');
});

t.test('children may be spared', async (t) => {
  const options = { deadline: deadlineIn(200), childrenOnTimeout: 'keep' as const };
  const result = await run('/bin/sh', ['-c', 'sleep 63 & echo $!; wait'], options);
  t.ok(result.timedOut);
  const pid = Number(result.stdout);
  t.ok(processInfo(pid));
  process.kill(pid, 'SIGKILL');
});

t.test('large output is complete', async (t) => {
  const result = await sh('head -c 1000000 /dev/zero | tr "\\0" x');
  t.equal(result.stdout.length, 1_000_000);
});

const nobody = findUser('nobody');
const skip = process.geteuid?.() !== 0 || !nobody ? 'needs root and a user nobody' : false;

t.test('as another user, with that home and those groups', { skip }, async (t) => {
  if (!nobody) return;
  process.env.PGPASSWORD = 'secret';
  t.teardown(() => delete process.env.PGPASSWORD);
  const result = await run('/bin/sh', ['-c', 'id -u; id -g; pwd; echo "$HOME $USER $PGPASSWORD."'], {
    deadline: deadlineIn(5000),
    user: nobody,
  });
  t.equal(result.stdout, `${nobody.uid}\n${nobody.gid}\n/\n${nobody.home} nobody .\n`);
  const missing = await run('/no/such/program', [], { deadline: deadlineIn(5000), user: nobody });
  t.match(missing, { notFound: true, command: 'program' });
});
