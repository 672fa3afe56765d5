import { spawn } from 'node:child_process';
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findPostmaster, leftoverBackends, serverProcesses } from '../../../../lib/postgres/process.ts';
import { sleep } from '../../../../lib/system/clock.ts';
import { processInfo, signalProcess } from '../../../../lib/system/proc.ts';
import { createServer, needsServer } from './temp-server.ts';

const until = async (condition: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 400 && !condition(); i++) await sleep(10);
  return condition();
};

t.test('finding the server of a data directory', needsServer(), async (t) => {
  const server = createServer(6011);
  const { pgdata, base } = server;
  const lock = join(pgdata, 'postmaster.pid');
  t.teardown(() => server.stop());

  t.equal(findPostmaster(pgdata), undefined, 'nothing runs');
  t.equal(findPostmaster(join(base, 'none')), undefined);

  const pid = await server.startReady();
  t.match(findPostmaster(pgdata), { pid, status: 'ready', socketDirectory: base, port: 6011 });
  t.match(findPostmaster(`${pgdata}/`), { pid });
  symlinkSync(pgdata, join(base, 'link'));
  t.match(findPostmaster(join(base, 'link')), { pid, status: 'ready' }, 'through a link');
  t.ok(serverProcesses(pgdata).length >= 5);
  t.same(leftoverBackends(pgdata), [], 'children of a living postmaster are not left over');

  await t.test('the lock file is gone, or names somebody else', async (t) => {
    renameSync(lock, `${lock}.kept`);
    t.match(findPostmaster(pgdata), { pid, status: undefined, port: undefined });
    const child = serverProcesses(pgdata).find((info) => info.ppid === pid);
    for (const other of [process.pid, child?.pid ?? 0, 1, 2 ** 22, -pid]) {
      writeFileSync(lock, `${other}\n${pgdata}\n1\n6011\n${base}\n\n\nready\n`);
      t.match(findPostmaster(pgdata), { pid, status: undefined, port: undefined }, `pid ${other}`);
    }
    writeFileSync(lock, '');
    t.match(findPostmaster(pgdata), { pid });
    rmSync(lock);
    symlinkSync(`${lock}.kept`, lock);
    t.match(findPostmaster(pgdata), { pid, status: undefined }, 'a link is not followed');
    rmSync(lock);
    renameSync(`${lock}.kept`, lock);
  });

  await t.test('stopped by a signal it is still running', async (t) => {
    signalProcess(pid, 'SIGSTOP');
    t.ok(await until(() => findPostmaster(pgdata)?.processState === 'T'));
    signalProcess(pid, 'SIGCONT');
  });

  await t.test('a shell in the data directory, and single-user mode, are no server', async (t) => {
    const shell = spawn('sleep', ['60'], { cwd: pgdata, stdio: 'ignore' });
    const single = spawn('sleep', ['60'], { cwd: base, stdio: 'ignore' });
    t.teardown(() => [shell, single].map((child) => child.kill('SIGKILL')));
    t.notOk(serverProcesses(pgdata).some((info) => info.pid === shell.pid));
  });

  await t.test('killed: backends may stay behind, and end', async (t) => {
    signalProcess(pid, 'SIGKILL');
    t.ok(await until(() => findPostmaster(pgdata) === undefined));
    t.ok(await until(() => leftoverBackends(pgdata).length === 0));
    t.equal(findPostmaster(pgdata), undefined, 'its lock file does not revive it');
  });
});

t.test(
  'a frozen backend that outlives its postmaster is left over, and no postmaster',
  needsServer(),
  async (t) => {
    const server = createServer(6012);
    t.teardown(() => server.stop());
    const pid = await server.startReady();
    const child = serverProcesses(server.pgdata).find((info) => info.ppid === pid);
    if (!child) throw new Error('a server without children');
    signalProcess(child.pid, 'SIGSTOP');
    signalProcess(pid, 'SIGKILL');
    t.ok(await until(() => leftoverBackends(server.pgdata).length === 1));
    t.equal(leftoverBackends(server.pgdata)[0]?.pid, child.pid);
    t.equal(findPostmaster(server.pgdata), undefined);
    signalProcess(child.pid, 'SIGKILL');
    t.ok(await until(() => leftoverBackends(server.pgdata).length === 0));
  },
);

t.test('the data directory is removed while the server runs', needsServer(), async (t) => {
  const server = createServer(6013);
  t.teardown(() => server.stop());
  const pid = await server.startReady();
  rmSync(server.pgdata, { recursive: true });
  t.match(processInfo(pid)?.cwd, /\(deleted\)$/);
  t.match(findPostmaster(server.pgdata), { pid, port: undefined });
});
