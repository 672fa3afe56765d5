import { spawn } from 'node:child_process';
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { query } from '../../../../lib/postgres/client.ts';
import {
  promoteServer,
  readControlData,
  reloadServer,
  startServer,
  stopServer,
} from '../../../../lib/postgres/control.ts';
import { findPostmaster, serverProcesses } from '../../../../lib/postgres/process.ts';
import { serverOptions } from '../../../../lib/postgres/start.ts';
import { deadlineIn, monotonicMs, sleep } from '../../../../lib/system/clock.ts';
import { commandLine, processInfo, signalProcess } from '../../../../lib/system/proc.ts';
import {
  createServer,
  createStandby,
  needsServer,
  postgresUser,
  program,
  type TempServer,
} from './temp-server.ts';

const stop = async (server: TempServer, escalateAfterMs = 20_000, withinMs = 30_000) => {
  const said: string[] = [];
  const result = await stopServer({
    pgdata: server.pgdata,
    user: postgresUser(),
    escalateAfterMs,
    deadline: deadlineIn(withinMs),
    log: (sentence) => said.push(sentence),
  });
  return { ...result, said };
};

const controlState = async (server: TempServer) => {
  const data = await readControlData(
    program('pg_controldata'),
    server.pgdata,
    postgresUser(),
    deadlineIn(5000),
  );
  return data.ok ? data.value.state : data.reason;
};

t.test('options for the server', async (t) => {
  const user = { name: 'postgres', uid: 1, gid: 1, groups: [], home: '/' };
  const base = { pgctl: 'pg_ctl', pgdata: '/d', user, logfile: '/dev/null', deadline: deadlineIn(1) };
  t.equal(serverOptions(base), '');
  t.equal(serverOptions({ ...base, config: '/d/postgresql.conf', startOptions: ' ' }), '');
  t.equal(
    serverOptions({
      ...base,
      config: '/etc/a b.conf',
      port: 5433,
      socketDirectory: '/run',
      startOptions: '-i -c x=1',
    }),
    "-c 'config_file=/etc/a b.conf' -p 5433 -k /run -i -c x=1",
  );
});

t.test('start returns while the server lives, and stop ends it in order', needsServer(), async (t) => {
  const server = createServer(6021);
  t.teardown(() => server.stop());
  const startMs = monotonicMs();
  const pid = await server.start({ startOptions: "-c cluster_name='it is here'" });
  t.ok(monotonicMs() - startMs < 5000);
  t.equal(findPostmaster(server.pgdata)?.pid, pid);
  t.ok(commandLine(pid).includes('cluster_name=it is here'));
  await server.startReady().catch(() => {});
  t.equal(findPostmaster(server.pgdata)?.pid, pid, 'a second start changes nothing');

  t.equal(reloadServer(pid), true);
  const result = await stop(server);
  t.match(result, { stopped: true, how: 'fast' });
  t.equal(findPostmaster(server.pgdata), undefined);
  t.equal(await controlState(server), 'shut down');
  t.match(await stop(server), { stopped: true, how: 'was not running', said: [] });
  t.equal(reloadServer(pid), false);
});

t.test('a server that cannot start says why', needsServer(), async (t) => {
  const server = createServer(6022);
  const start = (more: object = {}) =>
    startServer({
      pgctl: program('pg_ctl'),
      pgdata: server.pgdata,
      user: postgresUser(),
      logfile: server.logfile,
      port: 6022,
      deadline: deadlineIn(20_000),
      ...more,
    });
  server.configure('no_such_setting = 1');
  t.match(await start(), { ok: false, reason: /ended while it was starting: .*contains errors/ });
  t.match(await start({ pgctl: '/no/pg_ctl' }), { ok: false, reason: /there is no such program/ });
  t.match(await start({ pgdata: '/no/data' }), { ok: false, reason: /no\/data/ });
  t.match(await start({ ctlOptions: "'" }), { ok: false, reason: /ctl_opt/ });
  t.match(await start({ logfile: '/tmp/$(id)' }), { ok: false, reason: /quotes/ });
  t.match(await stop(server), { stopped: true, how: 'was not running' });
});

t.test('stop without a directory, a configuration, or a healthy postmaster', needsServer(), async (t) => {
  const server = createServer(6023);
  t.teardown(() => server.stop());

  await t.test('a postmaster that was stopped by a signal', async (t) => {
    const pid = await server.startReady();
    signalProcess(pid, 'SIGSTOP');
    t.match(await stop(server), { stopped: true, how: 'fast' });
  });

  await t.test('a server of which every process was stopped by a signal', async (t) => {
    await server.startReady();
    for (const { pid } of serverProcesses(server.pgdata)) signalProcess(pid, 'SIGSTOP');
    // A process takes its SIGSTOP when it is next scheduled.
    while (serverProcesses(server.pgdata).some(({ state }) => state !== 'T')) await sleep(5);
    const result = await stop(server);
    t.match(result, { stopped: true, how: 'fast' });
    t.ok(result.elapsedMs < 10_000, `${result.elapsedMs} ms`);
  });

  await t.test('a broken configuration', async (t) => {
    await server.startReady();
    writeFileSync(join(server.pgdata, 'pg_hba.conf'), 'nonsense');
    t.match(await stop(server), { stopped: true, how: 'fast' });
    writeFileSync(join(server.pgdata, 'pg_hba.conf'), 'local all all peer\nlocal replication all peer\n');
  });

  await t.test('a crashed postmaster with a backend that does not end', async (t) => {
    const pid = await server.startReady();
    const child = serverProcesses(server.pgdata).find((info) => info.ppid === pid);
    signalProcess(child?.pid ?? 0, 'SIGSTOP');
    signalProcess(pid, 'SIGKILL');
    while (processInfo(pid)) await sleep(5);
    const result = await stop(server);
    t.match(result, { stopped: true, how: 'was not running' });
    t.match(result.said.join('\n'), /ending \d+ processes that it left[\s\S]*removed .*postmaster\.pid/);
    t.ok(result.elapsedMs < 2000);
    t.notOk(existsSync(join(server.pgdata, 'postmaster.pid')));
  });

  await t.test('a stale lock file, its pid reused; and a link in its place', async (t) => {
    const lock = join(server.pgdata, 'postmaster.pid');
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    t.teardown(() => other.kill('SIGKILL'));
    writeFileSync(lock, `${other.pid}\n${server.pgdata}\n1\n6023\n`);
    t.match(await stop(server), { stopped: true, how: 'was not running' });
    t.notOk(existsSync(lock));
    t.equal(other.exitCode, null, 'the other process lives');
    const victim = join(server.base, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, lock);
    await stop(server);
    t.ok(existsSync(victim));
    t.notOk(existsSync(lock));
  });

  await t.test('the whole directory removed', async (t) => {
    const pid = await server.startReady();
    rmSync(server.pgdata, { recursive: true });
    const result = await stop(server, 1000, 8000);
    t.equal(result.stopped, true, JSON.stringify(result));
    t.equal(signalProcess(pid, 'SIGCONT') && findPostmaster(server.pgdata) !== undefined, false);
    t.match(await stop(server), { stopped: true, how: 'was not running' });
  });
});

t.test('escalation: a receiver that never answers holds up a fast shutdown', needsServer(), async (t) => {
  const server = createServer(6024);
  server.configure('wal_sender_timeout = 0');
  t.teardown(() => server.stop());

  const withFrozenReceiver = async (use: () => Promise<void>): Promise<void> => {
    await server.startReady();
    const directory = join(server.base, 'received');
    rmSync(directory, { recursive: true, force: true });
    const args = [
      '--reuid=postgres',
      '--regid=postgres',
      '--init-groups',
      'sh',
      '-c',
      `mkdir "${directory}" && exec "${program('pg_receivewal')}" -h "${server.base}" -p 6024 -U postgres -D "${directory}"`,
    ];
    const receiver = spawn('setpriv', args, { stdio: 'ignore' });
    const isStreaming = async () => {
      const answer = await query(
        server.address,
        "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'",
        deadlineIn(1000),
      );
      return answer.ok && answer.rows[0]?.length === 1;
    };
    for (let i = 0; i < 100 && !(await isStreaming()); i++) await sleep(50);
    receiver.kill('SIGSTOP');
    await query(
      server.address,
      'CREATE TABLE t AS SELECT generate_series(1, 100000); DROP TABLE t',
      deadlineIn(5000),
    );
    await use();
    receiver.kill('SIGKILL');
  };

  await withFrozenReceiver(async () => {
    const result = await stop(server, 400, 20_000);
    t.match(result, { stopped: true, how: 'immediate' });
    // PostgreSQL 13 kills what is stuck 5 s after an immediate shutdown began (SIGKILL_CHILDREN_AFTER_SECS).
    t.ok(result.elapsedMs >= 400 && result.elapsedMs < 10_000, `${result.elapsedMs} ms`);
  });

  await withFrozenReceiver(async () => {
    // Those that are stopped when it begins are continued; these are like processes that wait for a dead disk.
    const freezing = sleep(100).then(() => {
      for (const { pid } of serverProcesses(server.pgdata)) signalProcess(pid, 'SIGSTOP');
    });
    const result = await stop(server, 90_000, 1200);
    await freezing;
    t.match(result, { stopped: true, how: 'killed' }, JSON.stringify(result));
    t.ok(result.elapsedMs < 10_000, `${result.elapsedMs} ms`);
    t.same(serverProcesses(server.pgdata), []);
  });
});

t.test('promotion', needsServer(), async (t) => {
  const primary = createServer(6025);
  t.teardown(() => primary.stop());
  await primary.startReady();
  const standby = createStandby(primary, 6026);
  t.teardown(() => standby.stop());
  const pid = await standby.startReady();
  t.equal(await controlState(standby), 'in archive recovery');
  t.equal(promoteServer(pid, standby.pgdata, postgresUser()), true);
  const isPrimary = async () => {
    const answer = await query(standby.address, 'SELECT pg_is_in_recovery() AS r', deadlineIn(1000));
    return answer.ok && answer.rows[0]?.[0]?.r === false;
  };
  for (let i = 0; i < 100 && !(await isPrimary()); i++) await sleep(50);
  t.equal(await isPrimary(), true);
});
