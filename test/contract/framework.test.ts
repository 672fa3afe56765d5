/** The life of an agent's process, shown by a small agent that can misbehave (fixtures/demo.ts). */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import t from 'tap';
import { afterTheLast, goingOnAfter } from '../../heartbeat-ocf/index.ts';
import { bundle } from '../../scripts/bundle.ts';
import { call, ROOT, unlessRoot } from './executables.ts';

// without a suffix it is CommonJS, which the repository's package.json would deny
const folder = t.testdir({ 'package.json': '{ "type": "commonjs" }' });
const demo = join(folder, 'demo');
await build({
  entryPoints: [join(ROOT, 'test', 'contract', 'fixtures', 'demo.ts')],
  bundle: true,
  platform: 'node',
  target: 'node18',
  format: 'cjs',
  outfile: demo,
  logLevel: 'error',
});

const state = join(folder, 'state');
const env = {
  OCF_RESOURCE_INSTANCE: 'demo:0',
  OCF_RESKEY_ip: '::1',
  OCF_RESKEY_state: state,
  PATH: '/usr/bin:/bin',
};
const act = (action: string, more: Record<string, string> = {}) => call(demo, [action], { ...env, ...more });
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

t.test('the demo agent', { skip: unlessRoot }, async (t) => {
  t.test('start, monitor, stop, each twice', async (t) => {
    const codes = ['monitor', 'start', 'start', 'monitor', 'stop', 'stop', 'monitor'].map(
      (action) => act(action).code,
    );
    t.same(codes, [7, 0, 0, 0, 0, 0, 7]);
  });

  t.test('bad parameters: one reason, nothing done', async (t) => {
    const { code, reasons } = act('start', { OCF_RESKEY_port: 'x', OCF_RESKEY_mode: 'y' });
    t.equal(code, 6);
    t.same(reasons, ['mode is "y": it must be one of plain, fancy (and 1 more)']);
    t.notOk(existsSync(state));
    t.match(act('validate-all', { OCF_RESKEY_mode: 'y' }), { code: 6 });
    t.match(act('validate-all', { OCF_RESKEY_mode: 'fancy' }), {
      code: 0,
      stderr: /WARNING: fancy is deprecated/,
    });
  });

  t.test('an error becomes one reason', async (t) => {
    t.match(act('monitor', { OCF_RESKEY_misbehave: 'throw' }), {
      code: 1,
      reasons: ['internal error in monitor, looking at the state file: a wheel came off'],
    });
    t.match(act('monitor', { OCF_RESKEY_misbehave: 'reject' }), { code: 1, reasons: [/nobody looked$/] });
    t.match(
      act('monitor', { OCF_RESKEY_misbehave: 'throw', HA_debug: '1' }).stderr,
      /DEBUG: Error: a wheel came off at /,
    );
  });

  t.test('a handler that does not return is cut off before the executor would', async (t) => {
    const startedMs = performance.now();
    const { code, reasons } = act('monitor', {
      OCF_RESKEY_misbehave: 'hang',
      OCF_RESKEY_CRM_meta_timeout: '1500',
    });
    t.equal(code, 1);
    t.same(reasons, ['out of time in monitor, looking at the state file']);
    t.ok(performance.now() - startedMs < 1500);
  });

  t.test('what a handler leaves behind does not keep the process alive', async (t) => {
    const startedMs = performance.now();
    t.equal(act('monitor', { OCF_RESKEY_misbehave: 'leave-timer' }).code, 7);
    t.ok(performance.now() - startedMs < 5000);
  });

  t.test('SIGTERM is told and obeyed', async (t) => {
    const child = spawn(process.execPath, [demo, 'monitor'], {
      env: { ...env, OCF_RESKEY_misbehave: 'hang', HA_debug: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('looking at the state file') && !child.killed) child.kill('SIGTERM');
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.equal(code, 1);
    t.match(said, 'ocf-exit-reason:ended by SIGTERM in monitor, looking at the state file\n');
  });

  t.test('logs where the executor says', async (t) => {
    const logs = t.testdir();
    const log = join(logs, 'pacemaker.log');
    const { code, stderr } = act('start', { HA_LOGFILE: log, HA_LOGFACILITY: 'daemon' });
    t.equal(code, 0);
    t.equal(stderr, '');
    t.match(linesOf(log), [
      /^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d {2}demo\(demo:0\)\[\d+\]: {4}INFO: started on ::1:5432$/,
    ]);
    const failed = act('monitor', {
      HA_LOGFILE: log,
      OCF_RESKEY_misbehave: 'throw',
      OCF_EXIT_REASON_PREFIX: 'because: ',
    });
    t.match(failed.stderr, /^because: internal error[^\n]*\n$/);
    t.match(linesOf(log)[1], /ERROR: internal error in monitor/);
    act('stop');
  });

  t.test(
    'to syslog in one go',
    { skip: existsSync('/dev/log') ? '/dev/log is in use' : false },
    async (t) => {
      // node has no datagram sockets of this kind: a stream socket serves logger(1) as well
      const received: string[] = [];
      const server = createServer((socket) => socket.on('data', (data) => received.push(data.toString())));
      const listening = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen('/dev/log', () => resolve(true));
      });
      if (!listening) return void t.pass('cannot listen at /dev/log');
      t.teardown(() => server.close());
      const child = spawn(process.execPath, [demo, 'start'], {
        env: { ...env, HA_LOGFACILITY: 'local1' },
        stdio: 'ignore',
      });
      t.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
      await new Promise((resolve) => setTimeout(resolve, 100));
      t.match(received.join(''), /^<142>.*demo\(demo:0\)\[\d+\]: INFO: started on ::1:5432/);
      act('stop');
    },
  );
});

t.test('an action that goes on after its result', { skip: unlessRoot }, async (t) => {
  const place = t.testdir({ 'package.json': '{ "type": "commonjs" }' });
  const [agent, lock, stateFile, log] = ['agent', 'run/demo.lock', 'state', 'log'].map((f) =>
    join(place, f),
  ) as [string, string, string, string];
  const source = join(ROOT, 'test', 'contract', 'fixtures', 'demo.ts');
  const { text } = await bundle(source, '.map', `${afterTheLast(lock)} ${goingOnAfter('start', lock)}`);
  writeFileSync(agent, text, { mode: 0o755 });
  const begin = (action: string, more: Record<string, string> = {}) => {
    const child = spawn(agent, [action], {
      env: { ...env, OCF_RESKEY_state: stateFile, HA_LOGFILE: log, HA_LOGFACILITY: 'daemon', ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    return { child, ended };
  };
  const untilThere = async (file: string): Promise<void> => {
    while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const nextEnds = async (): Promise<number | null> => begin('monitor').ended;
  /** @returns how long it took, in milliseconds */
  const timed = async (act: () => Promise<number | null>, code: number): Promise<number> => {
    const startedMs = performance.now();
    t.equal(await act(), code);
    return performance.now() - startedMs;
  };
  const left = new Set<number>();
  t.teardown(() => {
    for (const pid of left) process.kill(pid);
  });
  const startsAnd = (afterwards: string) => async (): Promise<number | null> => {
    const code = await begin('start', { OCF_RESKEY_afterwards: afterwards }).ended;
    for (const pid of linesOf(`${stateFile}.left`)) left.add(Number(pid));
    return code;
  };

  await t.test('the executor has it at once, the next action waits', async (t) => {
    t.ok((await timed(startsAnd('wait'), 0)) < 4000, 'whatever it has left behind lives on');
    t.notOk(existsSync(`${stateFile}.done`));
    const next = begin('monitor');
    let isNextOver = false;
    void next.ended.then(() => {
      isNextOver = true;
    });
    // By itself it would be over by then.
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.notOk(isNextOver);
    writeFileSync(`${stateFile}.go`, '');
    t.equal(await next.ended, 0);
    t.ok(existsSync(`${stateFile}.done`));
    t.match(linesOf(log), [/started on/, /done afterwards$/]);
    t.notOk(existsSync(lock), 'no later action has to ask');
  });

  await t.test('what goes wrong then is logged, and comes to an end', async (t) => {
    await startsAnd('throw')();
    t.ok((await timed(nextEnds, 0)) < 4000);
    t.match(linesOf(log).at(-1), /WARNING: after start: a wheel came off later$/);
    await startsAnd('hang')();
    t.equal(await nextEnds(), 0);
    t.match(linesOf(log).at(-1), /WARNING: after start: out of time$/);
  });

  await t.test(
    'a process that hangs is killed by the next action, whose time has begun before',
    async (t) => {
      await startsAnd('block')();
      const next = begin('monitor', { OCF_RESKEY_misbehave: 'hang', OCF_RESKEY_CRM_meta_timeout: '8000' });
      let said = '';
      next.child.stderr.on('data', (data) => {
        said += data;
      });
      t.ok((await timed(() => next.ended, 1)) < 8000);
      t.match(said, /^an earlier action went on for more than 6 s \(process \d+\) and was killed$/m);
      t.match(said, 'ocf-exit-reason:out of time in monitor, looking at the state file');
      t.notOk(existsSync(lock));
    },
  );

  await t.test('SIGTERM ends it', async (t) => {
    await startsAnd('hang')();
    process.kill(Number.parseInt(readFileSync(lock, 'utf8'), 10));
    t.ok((await timed(nextEnds, 0)) < 4000);
    t.match(linesOf(log).at(-1), /WARNING: after start: ended by SIGTERM$/);
  });

  await t.test('other results pass as they are', async (t) => {
    t.equal(await begin('start').ended, 0);
    const refused = begin('start', { OCF_RESKEY_port: 'x' });
    let said = '';
    refused.child.stderr.on('data', (data) => {
      said += data;
    });
    t.equal(await refused.ended, 6);
    t.match(said, 'ocf-exit-reason:port is "x"');
  });

  await t.test('before its result nobody waits for it, and it is not killed', async (t) => {
    const slow = t.testdir({
      node: `#!/bin/sh\ncase "$2" in start) sleep 8 ;; esac\nexec ${process.execPath} "$@"\n`,
    });
    chmodSync(join(slow, 'node'), 0o755);
    const { ended } = begin('start', { PATH: `${slow}:${env.PATH}` });
    await untilThere(lock);
    t.ok((await timed(nextEnds, 0)) < 4000);
    t.equal(await ended, 0);
  });

  await t.test('killed before it has a result, it has failed', async (t) => {
    const noNode = t.testdir({ node: '#!/bin/sh\nkill -9 $$\n' });
    chmodSync(join(noNode, 'node'), 0o755);
    t.equal(await begin('start', { PATH: `${noNode}:${env.PATH}` }).ended, 1);
  });

  await t.test('nor does it go on where the executor has given it up', async (t) => {
    rmSync(`${stateFile}.done`, { force: true });
    writeFileSync(`${stateFile}.go`, '');
    const slow = t.testdir({ node: `#!/bin/sh\n: >"$0.begun"\nsleep 1\nexec ${process.execPath} "$@"\n` });
    chmodSync(join(slow, 'node'), 0o755);
    const { child, ended } = begin('start', { PATH: `${slow}:${env.PATH}`, OCF_RESKEY_afterwards: 'wait' });
    await untilThere(join(slow, 'node.begun'));
    child.kill('SIGKILL');
    t.equal(await ended, null);
    t.equal(await nextEnds(), 0);
    t.notOk(existsSync(`${stateFile}.done`));
  });

  await t.test('where nobody could wait for it, nothing is done afterwards', async (t) => {
    rmSync(`${stateFile}.done`, { force: true });
    rmSync(dirname(lock), { recursive: true });
    writeFileSync(dirname(lock), 'no folder');
    await startsAnd('wait')();
    t.equal(await nextEnds(), 0);
    t.notOk(existsSync(`${stateFile}.done`));
  });
});
