/** The guard of the lease, with a real server: what it is there for is that no process of that server is left in time. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { endGuard, GUARD, guardObjection, keepGuard, moveDeadline } from '../../lib/distlock/guard/guard.ts';
import { parseLifeSign } from '../../lib/distlock/guard/orders.ts';
import type { LeaseBudget } from '../../lib/distlock/lease.ts';
import { query } from '../../lib/postgres/client.ts';
import { findPostmaster, serverProcesses } from '../../lib/postgres/process.ts';
import { keepInBackground, runsInBackground } from '../../lib/system/background.ts';
import { deadlineIn, monotonicMs, sinceBootMs, sleep } from '../../lib/system/clock.ts';
import { processInfo, signalProcess } from '../../lib/system/proc.ts';
import { createServer, needsServer } from '../unit/lib/postgres/temp-server.ts';
import { ROOT } from './executables.ts';

const FAR: LeaseBudget = { quitAfterMs: 120_000, killAfterMs: 120_000 };

const until = async (what: string, isSo: () => boolean, seconds = 30): Promise<void> => {
  const end = monotonicMs() + seconds * 1000;
  while (!isSo()) {
    if (monotonicMs() > end) throw new Error(`still not: ${what}`);
    await sleep(20);
  }
};

t.test('a guarded server', needsServer(), async (t) => {
  const server = createServer(6077);
  t.teardown(() => server.stop());
  const place = { directory: join(server.base, 'guard'), resource: 'pgsql' };
  const watcher = join(place.directory, 'pgsql.watcher');
  const command = [process.execPath, join(ROOT, 'dist', 'ocf', 'pgsql'), GUARD, watcher];
  const signOf = () => {
    try {
      return parseLifeSign(readFileSync(join(place.directory, 'pgsql.lease-life'), 'utf8'));
    } catch {
      return undefined;
    }
  };
  const guardPid = (): number => signOf()?.guard.pid ?? 0;
  const isGone = (): boolean => serverProcesses(server.pgdata).length === 0;
  const begin = async () => {
    await server.startReady();
    const postmaster = findPostmaster(server.pgdata);
    if (postmaster === undefined) throw new Error('no server');
    moveDeadline(place, postmaster, sinceBootMs(), FAR);
    keepGuard(place, command);
    await until('a life sign', () => guardObjection(place, sinceBootMs()) === undefined);
    return postmaster;
  };
  const session = (sql: string) => query(server.address, sql, deadlineIn(60_000));
  t.teardown(() => signalProcess(guardPid(), 'SIGKILL'));

  await t.test('an immediate shutdown when the deadline has come, and the guard goes', async (t) => {
    const postmaster = await begin();
    keepInBackground(watcher, 'purpose', ['/bin/sleep', '60']);
    moveDeadline(place, postmaster, sinceBootMs(), { quitAfterMs: 300, killAfterMs: 20_000 });
    await until('the server is gone', isGone);
    t.notOk(runsInBackground(watcher), 'fast_detection reports nothing that the guard does');
    t.match(readFileSync(server.logfile, 'utf8'), /received immediate shutdown request/);
    moveDeadline(place, postmaster, sinceBootMs(), { quitAfterMs: 0, killAfterMs: 0 });
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
  });

  await t.test('a deadline that is moved in time; SIGTERM does not end it, an order does', async (t) => {
    const postmaster = await begin();
    for (let i = 0; i < 5; i += 1) {
      moveDeadline(place, postmaster, sinceBootMs(), { quitAfterMs: 15_000, killAfterMs: 15_000 });
      await sleep(100);
    }
    signalProcess(guardPid(), 'SIGTERM');
    await until(
      'it has read the newest order',
      () => guardObjection(place, sinceBootMs() - 10_000) === undefined,
    );
    t.notOk(isGone());
    endGuard(place);
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
    t.match(guardObjection(place, sinceBootMs()), /does not run/);
    t.notOk(isGone(), 'it was sent home, and touches nothing');
    await server.stop();
  });

  await t.test('frozen as a whole: it is killed, and never continued', async (t) => {
    const postmaster = await begin();
    const sleeper = session('SELECT pg_sleep(60)');
    await until('a session', () =>
      serverProcesses(server.pgdata).some(({ pid }) => /SELECT/.test(titleOf(pid))),
    );
    for (const { pid } of serverProcesses(server.pgdata)) signalProcess(pid, 'SIGSTOP');
    moveDeadline(place, postmaster, sinceBootMs() - 10_000, { quitAfterMs: 300, killAfterMs: 300 });
    await until('the server is gone', isGone);
    t.match(await sleeper, { ok: false });
    // It tells what it did after it has done it.
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
    t.equal(signOf()?.reached, 'killed');
  });

  await t.test('sessions that have outlived their postmaster', async (t) => {
    const postmaster = await begin();
    const sleeper = session('SELECT count(*) FROM generate_series(1, 1e12::bigint) i WHERE i < 0');
    await until('a session', () =>
      serverProcesses(server.pgdata).some(({ pid }) => /SELECT/.test(titleOf(pid))),
    );
    await sleep(500);
    signalProcess(postmaster.pid, 'SIGKILL');
    await until('only orphans', () => processInfo(postmaster.pid) === undefined);
    t.notOk(isGone());
    moveDeadline(place, postmaster, sinceBootMs(), { quitAfterMs: 200, killAfterMs: 400 });
    await until('the server is gone', isGone);
    t.match(await sleeper, { ok: false });
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
  });

  await t.test('a guard that is stopped, or killed, is noticed', async (t) => {
    await begin();
    signalProcess(guardPid(), 'SIGSTOP');
    await until('stopped', () => processInfo(guardPid())?.state === 'T');
    t.match(guardObjection(place, sinceBootMs()), /is stopped by a signal/);
    signalProcess(guardPid(), 'SIGKILL');
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
    t.match(guardObjection(place, sinceBootMs()), /does not run/);
    t.equal(keepGuard(place, command), true, 'and started again');
    await until('a life sign', () => guardObjection(place, sinceBootMs()) === undefined);
    endGuard(place);
    await until('the guard is gone', () => processInfo(guardPid()) === undefined);
  });

  t.equal(spawnSync('stat', ['-c', '%a', place.directory], { encoding: 'utf8' }).stdout, '700\n');
  t.ok(readdirSync(place.directory).length > 0);
});

const titleOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};
