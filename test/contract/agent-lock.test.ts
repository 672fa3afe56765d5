/** What the agent does with the lock and with the guard, against a real arbiter and a real server. */
import { existsSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type Arbiter, hold, initialise, inspect, look, see, survey } from '../../lib/distlock/arbiter.ts';
import { GUARD, guardObjection, ordersOf } from '../../lib/distlock/guard/guard.ts';
import { aloneOf } from '../../lib/distlock/lock-id.ts';
import {
  confirmByLock,
  endAlone,
  giveBack,
  goAlone,
  inheritAlone,
  nameAlone,
  nameDatabase,
  orderGuard,
  takeLock,
} from '../../lib/pgsql/lock/execute-lock.ts';
import type { LockInstallation } from '../../lib/pgsql/lock/facts.ts';
import { observeLock } from '../../lib/pgsql/lock/observe-lock.ts';
import { renewingWhile } from '../../lib/pgsql/lock/renew.ts';
import { EMPTY_MEMORY } from '../../lib/pgsql/memory.ts';
import { loadMemory, saveMemory } from '../../lib/pgsql/memory-file.ts';
import { query } from '../../lib/postgres/client.ts';
import { findPostmaster, serverProcesses } from '../../lib/postgres/process.ts';
import { deadlineIn, monotonicMs, sinceBootMs, sleep } from '../../lib/system/clock.ts';
import { createServer, needsServer } from '../unit/lib/postgres/temp-server.ts';
import { ROOT } from './executables.ts';
import { smallTmpfs } from './full-tmpfs.ts';

const soon = () => deadlineIn(30_000);
const notes: string[] = [];
const note = (sentence: string): void => void notes.push(sentence);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  const end = monotonicMs() + 30_000;
  while (!isSo()) {
    if (monotonicMs() > end) throw new Error(`still not: ${what}`);
    await sleep(20);
  }
};

t.test('two nodes and an arbiter', needsServer(), async (t) => {
  const server = createServer(await freePort());
  server.configure("listen_addresses = '127.0.0.1'");
  writeFileSync(
    join(server.pgdata, 'pg_hba.conf'),
    'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );
  t.teardown(() => server.stop());
  await server.startReady();
  const { osUser: _, ...address } = server.address;
  const arbiter: Arbiter = { address, lock: { schema: undefined, table: 'distlock', name: 'pg' } };
  const node = (leaseMs = 60_000): LockInstallation => ({
    arbiter,
    leaseMs,
    timeoutMs: 12_000,
    guard: { directory: join(server.base, 'guard'), resource: 'pgsql' },
    guardCommand: [process.execPath, join(ROOT, 'dist', 'ocf', 'pgsql'), GUARD, ''],
  });
  const stampNow = async (): Promise<string> => {
    const state = await look(arbiter, soon());
    return state.ok ? state.value.renewedAt : '';
  };
  const ownerAlone = async (): Promise<string | undefined> => {
    const seen = await see(arbiter, soon());
    return seen.ok ? seen.value.aloneOwner : seen.failure.sentence;
  };

  await t.test('an arbiter without a lock, and one that refuses', async (t) => {
    const empty = await observeLock('node1', node(), 'renew', soon());
    t.match(empty.question, {
      answer: {
        failure: { kind: 'not-initialised', sentence: /make it with "distlock CONNINFO init distlock:pg"/ },
      },
    });
    const stranger = { ...arbiter, address: { ...address, host: '127.0.0.1', password: 'wrong' } };
    const refused = await observeLock('node1', { ...node(), arbiter: stranger }, 'look', soon());
    t.match(refused.question, {
      answer: { failure: { kind: 'refused', sentence: /password authentication failed/ } },
    });
    t.notMatch(JSON.stringify(refused), /wrong/);
  });

  await t.test('a lock of before there was a row beside it', async (t) => {
    t.match(await initialise(arbiter, soon()), { ok: true });
    const { name } = aloneOf(arbiter.lock);
    await query(address, `DELETE FROM distlock WHERE lockname = '${name}'`, soon());
    t.match(await see(arbiter, soon()), { ok: true, value: { aloneOwner: undefined } });
    t.match(await goAlone('node1', node(), soon()), {
      ok: false,
      reason: /there is no lock "pg#alone" .* init distlock:pg/,
    });
    t.match(await initialise(arbiter, soon()), { ok: true });
    t.equal(await ownerAlone(), '');
  });

  await t.test('the lock is of the database that names itself first', async (t) => {
    const databaseNow = async () => {
      const seen = await see(arbiter, soon());
      return seen.ok ? seen.value.database : seen.failure.sentence;
    };
    t.equal(await databaseNow(), '');
    t.match(await nameDatabase('7200', node(), soon()), { ok: true });
    t.match(await nameDatabase('7300', node(), soon()), {
      ok: false,
      reason: /pg#database is another database's/,
    });
    t.equal(await databaseNow(), '7200');
    t.match(await nameDatabase('7200', node(), soon()), { ok: true }, 'its own, once more');
  });

  await t.test('an operator names who goes on, and sees what the arbiter is', async (t) => {
    t.match(await inspect(arbiter, soon()), {
      ok: true,
      value: {
        state: { owner: '' },
        alone: { owner: '' },
        server: { fsync: false, inRecovery: false, systemIdentifier: /^[0-9]+$/ },
      },
    });
    t.match(await goAlone('node1', node(), soon()), {
      ok: false,
      reason: 'node1 does not have the lock any more',
    });
    t.equal(await ownerAlone(), '', 'one that has lost the lock, frozen meanwhile, takes nothing');
    t.match(await takeLock('node1', node(), await stampNow(), soon()), { ok: true });
    t.match(await goAlone('node1', node(), soon()), { ok: true });
    const before = await survey(arbiter, 5, soon());
    t.match(before, { ok: true, value: { alone: { owner: 'node1' } } });
    const stamp = before.ok ? (before.value.alone?.renewedAt ?? '') : '';
    t.match(await nameAlone('node2', arbiter, stamp, soon()), { ok: true });
    t.match(await nameAlone('node1', arbiter, stamp, soon()), {
      ok: false,
      reason: 'distlock:pg#alone has changed meanwhile',
    });
    t.equal(await ownerAlone(), 'node2');
    t.match(await inheritAlone('node1', 'node7', node(), soon()), {
      ok: false,
      reason: /has changed meanwhile/,
    });
    t.match(await inheritAlone('node1', 'node2', node(), soon()), { ok: true });
    t.equal(await ownerAlone(), 'node1', 'its former owner streams from this node now');
    t.match(await endAlone('node1', node(), soon()), { ok: true });
    t.match(await giveBack('node1', node(), soon(), note), { ok: true });
  });

  await t.test('taken only as it was seen', async (t) => {
    const stamp = await stampNow();
    t.match(await takeLock('node1', node(), stamp, soon()), { ok: true });
    t.match(await takeLock('node2', node(), stamp, soon()), { ok: false, reason: /renewed, or taken/ });
    const renewed = await observeLock('node1', node(), 'renew', soon());
    t.match(renewed.question, {
      kind: 'renewed',
      answer: { ok: true, value: { acquired: { taken: true } } },
    });
    t.ok(renewed.sentAtMs <= renewed.answeredAtMs);
    const ahead = `UPDATE distlock SET ts = ts + interval '1 hour' WHERE lockname = 'pg'`;
    await query(address, ahead, soon());
    t.match(
      await takeLock('node2', node(), await stampNow(), soon()),
      { ok: true },
      'though the clock was set back',
    );
    t.match(await hold(arbiter, { owner: 'node1', leaseMs: 60_000 }, soon()), {
      value: { acquired: { taken: false } },
    });
    t.match(await takeLock('node1', node(), await stampNow(), soon()), { ok: true });
    const other = await observeLock('node2', node(), 'look', soon());
    t.match(other.question, { kind: 'looked', answer: { ok: true, value: { state: { owner: 'node1' } } } });
  });

  await t.test('commits go on without a standby: first the row, and then the lock once more', async (t) => {
    t.match(await confirmByLock('node1', node(), soon()), { ok: true, value: { ok: true } });
    t.equal(await ownerAlone(), 'node1');
    t.match(await confirmByLock('node2', node(), soon()), {
      ok: true,
      value: { ok: false, reason: 'node1 has distlock:pg#alone, and so commits of its own' },
    });
    t.match(await endAlone('node2', node(), soon()), { ok: true });
    t.equal(await ownerAlone(), 'node1', 'it is not its own');
    t.match(await endAlone('node1', node(), soon()), { ok: true });
    t.equal(await ownerAlone(), '');
    t.match(await confirmByLock('node2', node(), soon()), {
      value: { ok: false, reason: 'node2 does not have the lock any more' },
    });
    t.equal(await ownerAlone(), '', 'and keeps the owner of the lock from nothing');
    t.match(await hold(arbiter, { owner: 'node1', leaseMs: 60_000 }, soon()), { ok: true });
  });

  await t.test('the guard has its orders before anything goes on, and goes with the lock', async (t) => {
    const primary = createServer(6080);
    t.teardown(() => primary.stop());
    await primary.startReady();
    const order = (sentAtMs: number, leaseMs = 600_000) =>
      orderGuard('node1', primary.pgdata, node(leaseMs), { sentAtMs, isAwaited: true }, note);
    t.match(await order(sinceBootMs() - 700_000), { ok: false, reason: /lease was over before/ });
    t.match(await order(sinceBootMs()), { ok: true });
    t.match(notes, ['the guard of the lease is started']);
    t.equal(guardObjection(node().guard, sinceBootMs()), undefined);
    const before = ordersOf(node().guard);
    t.match(await order(sinceBootMs() - 60_000), { ok: true });
    t.same(ordersOf(node().guard), before, 'no deadline moves backward');
    t.match(
      await order(sinceBootMs() - 700_000),
      { ok: true },
      'a look that took long: it was renewed meanwhile',
    );
    t.match(
      await orderGuard(
        'node1',
        primary.pgdata,
        node(600_000),
        { sentAtMs: sinceBootMs(), isReplaced: true, isAwaited: true },
        note,
      ),
      { ok: true },
    );
    t.equal(notes.length, 2, 'another one was started');

    const deadline = (): number => {
      const orders = ordersOf(node().guard);
      return orders?.kind === 'watch' ? orders.quitAtMs : 0;
    };
    const asked = deadline();
    await observeLock('node1', node(900_000), 'renew', soon());
    t.ok(deadline() > asked, 'an answer of the arbiter moves the deadline at once');
    const renewed = deadline();
    await renewingWhile('node1', node(1_000_000), sleep(1));
    t.equal(deadline(), renewed, 'what is over soon renews nothing');
    t.match(await giveBack('node1', node(), soon(), note), { ok: true });
    await until('the guard is gone', () => guardObjection(node().guard, sinceBootMs()) !== undefined);
    t.ok(findPostmaster(primary.pgdata), 'and has touched nothing');
    t.match(await look(arbiter, soon()), { ok: true, value: { owner: '' } });

    await query({ ...primary.address }, 'SELECT 1', soon());
    t.match(await order(sinceBootMs(), 8_000), { ok: true });
    await renewingWhile('node1', node(8_000), sleep(10_000));
    t.ok(findPostmaster(primary.pgdata), 'longer than the lease, and it was renewed meanwhile');
    await sleep(8_000);
    t.ok(findPostmaster(primary.pgdata), 'the guard renews, too, while the agent was there a moment ago');
    await until(
      'nobody has vouched for it: the guard has ended it',
      () => serverProcesses(primary.pgdata).length === 0,
    );
  });

  await t.test('/run is full: a healthy primary goes on, and is stopped in good order', async (t) => {
    const run = await smallTmpfs(server.base);
    if (run === undefined) {
      t.pass('this machine does not let us make a mount namespace', { skip: true });
      return;
    }
    t.teardown(run.end);
    const primary = createServer(6081);
    t.teardown(() => primary.stop());
    await primary.startReady();
    const full = (leaseMs: number): LockInstallation => ({
      ...node(leaseMs),
      guard: { directory: join(run.directory, 'pha'), resource: 'pgsql' },
    });
    const { guard } = full(0);
    const order = (leaseMs: number) =>
      orderGuard('node1', primary.pgdata, full(leaseMs), { sentAtMs: sinceBootMs(), isAwaited: true }, note);
    const memoryFile = join(run.directory, 'memory.json');
    t.equal(saveMemory(memoryFile, EMPTY_MEMORY, { ...EMPTY_MEMORY, lag: '1 1' }), undefined);
    t.match(await order(60_000), { ok: true });
    run.fill();

    const deadline = (): number => {
      const orders = ordersOf(guard);
      return orders?.kind === 'watch' ? orders.quitAtMs : 0;
    };
    const before = deadline();
    t.match((await observeLock('node1', full(90_000), 'renew', soon())).question, {
      answer: { ok: true, value: { acquired: { taken: true } } },
    });
    t.ok(deadline() > before, 'its monitor moves the deadline');
    t.match(await order(120_000), { ok: true });
    await renewingWhile('node1', full(8_000), sleep(3_000));
    t.equal(guardObjection(guard, sinceBootMs()), undefined, 'the guard gives life signs all the while');
    t.equal(saveMemory(memoryFile, EMPTY_MEMORY, { ...EMPTY_MEMORY, lag: '2 2' }), undefined);
    t.equal(loadMemory(memoryFile).lag, '2 2');
    t.match(
      saveMemory(join(run.directory, 'new.json'), EMPTY_MEMORY, { ...EMPTY_MEMORY, lag: '2 2' }),
      /ENOSPC/,
      'and what cannot be kept is said',
    );
    t.notOk(existsSync(join(run.directory, 'new.json')));

    t.match(await giveBack('node1', full(8_000), soon(), note), { ok: true });
    await until('the guard is gone', () => guardObjection(guard, sinceBootMs()) !== undefined);
    t.ok(findPostmaster(primary.pgdata), 'and has touched nothing');
    t.match(await look(arbiter, soon()), { ok: true, value: { owner: '' } });
  });

  await t.test(
    '/run was full from the beginning: no primary without a guard, and nothing is left',
    async (t) => {
      const run = await smallTmpfs(join(server.base, 'guard'));
      if (run === undefined) {
        t.pass('this machine does not let us make a mount namespace', { skip: true });
        return;
      }
      t.teardown(run.end);
      run.fill();
      const primary = createServer(6082);
      t.teardown(() => primary.stop());
      await primary.startReady();
      const full = { ...node(), guard: { directory: run.directory, resource: 'pgsql' } };
      await t.rejects(
        orderGuard('node1', primary.pgdata, full, { sentAtMs: sinceBootMs(), isAwaited: true }, note),
        /ENOSPC/,
      );
      t.match(await giveBack('node1', full, soon(), note), { ok: true }, 'and it can be stopped');
      t.equal(ordersOf(full.guard), undefined);
    },
  );
});
