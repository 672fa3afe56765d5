import { execFile } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { query, type ServerAddress, withConnection } from '../../../../lib/postgres/client.ts';
import { promoteServer } from '../../../../lib/postgres/control.ts';
import {
  identifySystem,
  identifyWithHistory,
  timelineHistory,
} from '../../../../lib/postgres/replication.ts';
import { takeSnapshot } from '../../../../lib/postgres/snapshot.ts';
import { snapshotSql } from '../../../../lib/postgres/snapshot-sql.ts';
import { deadlineIn, monotonicMs, sleep } from '../../../../lib/system/clock.ts';
import { signalProcess } from '../../../../lib/system/proc.ts';
import { createServer, createStandby, needsServer, postgresUser } from './temp-server.ts';

const soon = () => deadlineIn(5000);

const kindOf = async (address: ServerAddress, ms = 5000): Promise<string> => {
  const answer = await query(address, 'SELECT 1', deadlineIn(ms));
  return answer.ok ? 'ok' : answer.failure.kind;
};

t.test('nobody there', async (t) => {
  const address = { port: 1, database: 'postgres', user: 'postgres' };
  t.equal(await kindOf({ ...address, host: '/no/such/directory' }), 'refused');
  t.equal(await kindOf({ ...address, host: '127.0.0.1' }), 'refused');
  t.equal(await kindOf({ ...address, host: '127.0.0.1', tls: { mode: 'disable' } }), 'refused');
});

t.test('somebody who does not answer, or not like a server', async (t) => {
  const silent = createTcpServer(() => {});
  const rude = createTcpServer((socket) => socket.end('HTTP/1.0 400\r\n\r\n'));
  const portOf = (server: typeof silent) =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  t.teardown(() => [silent, rude].map((server) => server.close()));
  const address = { host: '127.0.0.1', database: 'd', user: 'u' };
  const startMs = monotonicMs();
  t.equal(await kindOf({ ...address, port: await portOf(silent) }, 200), 'timeout');
  t.ok(monotonicMs() - startMs < 1000);
  t.equal(await kindOf({ ...address, port: await portOf(rude) }, 2000), 'other');
});

t.test('a real server', needsServer(), async (t) => {
  const server = createServer(6031);
  const { address, pgdata } = server;
  t.teardown(() => server.stop());
  const pid = await server.startReady();

  await t.test('peer authentication under the user id of postgres', async (t) => {
    const answer = await query(
      address,
      ['SELECT 1 AS one', "SELECT current_user::text AS name, 'x' AS x"],
      soon(),
    );
    t.same(answer, { ok: true, rows: [[{ one: 1 }], [{ name: 'postgres', x: 'x' }]] });
    t.equal(process.geteuid?.(), 0, 'and we are root again');
    const { osUser: _, ...asRoot } = address;
    t.equal(await kindOf(asRoot), 'auth');
  });

  await t.test("root's environment is not read", async (t) => {
    const foreign = {
      PGHOST: '/nowhere',
      PGPORT: '1',
      PGUSER: 'x',
      PGDATABASE: 'x',
      PGPASSWORD: 'x',
      PGOPTIONS: '-c foo=1',
      PGAPPNAME: 'x',
      PGSSLMODE: 'verify-full',
      PGCLIENT_ENCODING: 'LATIN1',
      PGREPLICATION: 'true',
    };
    Object.assign(process.env, foreign);
    t.teardown(() => Object.keys(foreign).map((name) => delete process.env[name]));
    const answer = await query(address, "SELECT current_setting('application_name') AS name", soon());
    t.same(answer, { ok: true, rows: [[{ name: 'pha' }]] });
    t.equal(process.env.PGHOST, '/nowhere', 'and it is left as it was');
  });

  await t.test('failures of a statement', async (t) => {
    t.match(await query(address, 'SELECT nonsense', soon()), {
      ok: false,
      failure: { kind: 'sql', sqlState: '42703' },
    });
    t.match(await query({ ...address, database: 'none' }, 'SELECT 1', soon()), {
      ok: false,
      failure: { kind: 'sql', sqlState: '3D000' },
    });
    t.match(await query(address, 'SELECT pg_sleep(10)', deadlineIn(150)), {
      ok: false,
      failure: { kind: 'timeout' },
    });
    t.match(await query(address, 'SELECT pg_terminate_backend(pg_backend_pid())', soon()), {
      ok: false,
      failure: { kind: 'stopping' },
    });
    t.match(await query(address, 'SELECT 1', deadlineIn(0)), { ok: false, failure: { kind: 'timeout' } });
  });

  await t.test('an interruption ends a question at once', async (t) => {
    const abort = new AbortController();
    // Only when the server is at work on it.
    const asked = query(address, 'SELECT pg_sleep(600)', deadlineIn(600_000), abort.signal);
    const isAsked = `SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'`;
    for (;;) {
      const seen = await query(address, isAsked, soon());
      if (seen.ok && seen.rows[0]?.length === 1) break;
      await sleep(20);
    }
    abort.abort();
    t.match(await asked, { ok: false, failure: { kind: 'other', message: 'interrupted' } });
    const never = await query(address, 'SELECT 1', soon(), abort.signal);
    t.match(never, { ok: false, failure: { message: 'interrupted' } }, 'and none is asked after it');
  });

  await t.test('several round trips', async (t) => {
    const answer = await withConnection(address, soon(), async (connection) => {
      const [first] = await connection.query('SELECT pg_backend_pid() AS pid');
      const [second] = await connection.query('SELECT pg_backend_pid() AS pid');
      return { same: first?.pid === second?.pid, major: connection.serverVersion?.major };
    });
    t.match(answer, { ok: true, value: { same: true, major: Number } });
  });

  await t.test('passwords', async (t) => {
    await query(
      address,
      ["CREATE ROLE monitor LOGIN PASSWORD 's3cret:\\x'", "CREATE ROLE plain LOGIN PASSWORD 'other'"],
      soon(),
    );
    writeFileSync(
      join(pgdata, 'pg_hba.conf'),
      'local all postgres peer\nlocal replication postgres peer\nlocal all monitor scram-sha-256\n',
    );
    signalProcess(pid, 'SIGHUP');
    await sleep(300);
    const monitor: ServerAddress = { ...address, user: 'monitor', password: 's3cret:\\x' };
    t.equal(await kindOf(monitor), 'ok');
    const wrong = await query({ ...monitor, password: 'wr0ng' }, 'SELECT 1', soon());
    t.match(wrong, { ok: false, failure: { kind: 'auth' } });
    t.notMatch(JSON.stringify(wrong), /wr0ng/);
    const { password: _, ...without } = monitor;
    const nobodys = { ...without, osUser: { ...postgresUser(), home: '/nonexistent' } };
    t.match(await query(nobodys, 'SELECT 1', soon()), {
      ok: false,
      failure: { kind: 'auth', message: /wants a password for monitor/ },
    });

    const passfile = join(server.base, '.pgpass');
    writeFileSync(passfile, `# comment\n*:6031:*:monitor:s3cret\\:\\\\x\n`);
    chownSync(passfile, postgresUser().uid, postgresUser().gid);
    chmodSync(passfile, 0o600);
    t.equal(await kindOf({ ...nobodys, passfile }), 'ok', 'a password file');
    t.equal(
      await kindOf({ ...without, osUser: { ...postgresUser(), home: server.base } }),
      'ok',
      "the user's own",
    );
    chmodSync(passfile, 0o640);
    t.match(await query({ ...nobodys, passfile }, 'SELECT 1', soon()), {
      ok: false,
      failure: { kind: 'auth', message: /may be read by others/ },
    });

    await t.test('an ordinary role gets a snapshot with gaps', async (t) => {
      const result = await takeSnapshot(monitor, soon(), 'select now();');
      t.match(result, { ok: true, state: { inRecovery: false, timeline: 1 } });
      if (result.ok) t.equal(result.state.settings.all.get('synchronous_commit')?.value, 'on');
    });
  });

  await t.test('too many clients', async (t) => {
    const limited = { ...address, user: 'monitor', password: 's3cret:\\x' };
    await query(address, 'ALTER ROLE monitor CONNECTION LIMIT 0', soon());
    t.equal(await kindOf(limited), 'too-many-clients');
  });

  await t.test('the replication protocol', async (t) => {
    const standby = createStandby(server, 6032);
    t.teardown(() => standby.stop());
    const standbyPid = await standby.startReady();
    const identity = await identifySystem(address, soon());
    t.match(identity, { ok: true, value: { timeline: 1, systemIdentifier: /^\d+$/ } });
    t.match(await identifyWithHistory(address, soon()), { ok: true, value: { timeline: 1, history: [] } });
    promoteServer(standbyPid, standby.pgdata, postgresUser());
    for (let i = 0; i < 100; i++) {
      const answer = await identifySystem(standby.address, soon());
      if (answer.ok && answer.value.timeline === 2) break;
      await sleep(50);
    }
    const promoted = await identifyWithHistory(standby.address, soon());
    t.match(promoted, { ok: true, value: { timeline: 2, history: [{ timeline: 1 }] } });
    t.same(
      await timelineHistory(standby.address, 2, soon()),
      promoted.ok && { ok: true, value: promoted.value.history },
    );
    t.match(await timelineHistory(standby.address, 9, soon()), {
      ok: false,
      failure: { kind: 'sql', sqlState: '58P01' },
    });
    t.match(await identifySystem({ ...address, user: 'plain' }, soon()), {
      ok: false,
      failure: { kind: 'auth' },
    });
  });

  await t.test('a snapshot of a primary and of its standby', async (t) => {
    const standby = createStandby(server, 6033, 'second');
    t.teardown(() => standby.stop());
    standby.configure("cluster_name = 'node2'");
    await standby.startReady();
    await query(address, "SELECT pg_create_physical_replication_slot('slot_node2', true)", soon());
    const isStreaming = async () => {
      const result = await takeSnapshot(address, soon());
      return result.ok && result.state.senders[0]?.replayLsn !== undefined;
    };
    for (let i = 0; i < 100 && !(await isStreaming()); i++) await sleep(50);
    const [primary, second] = [
      await takeSnapshot(address, soon()),
      await takeSnapshot(standby.address, soon()),
    ];
    t.match(primary, {
      ok: true,
      state: {
        inRecovery: false,
        senders: [
          {
            applicationName: 'node2',
            state: 'streaming',
            backendAgeSeconds: Number,
            flushLsn: /\d/,
            replayLsn: /\d/,
          },
        ],
        slots: [{ name: 'slot_node2', active: false, retainedBytes: /\d/ }],
        checkpointerWaitEvent: 'CheckpointerMain',
      },
    });
    t.match(second, { ok: true, state: { inRecovery: true, timeline: 1, replayPaused: false } });
    if (second.ok) {
      t.match(second.state.settings.all.get('primary_conninfo')?.sourceFile, /postgresql\.auto\.conf$/);
      t.same(second.state.settings.unixSocketDirectories, [server.base]);
    }
    if (primary.ok && second.ok) t.equal(primary.state.systemIdentifier, second.state.systemIdentifier);
    const plain = await query(standby.address, snapshotSql(180000), soon());
    t.ok(plain.ok, 'the text does not depend on the version, from 10 on');
  });

  await t.test('a frozen server: in time, and the process can exit', async (t) => {
    signalProcess(pid, 'SIGSTOP');
    const startMs = monotonicMs();
    t.equal(await kindOf(address, 300), 'timeout');
    t.ok(monotonicMs() - startMs < 800);
    const script = `
      import { query } from '${new URL('../../../../lib/postgres/client.ts', import.meta.url).pathname}';
      import { deadlineIn } from '${new URL('../../../../lib/system/clock.ts', import.meta.url).pathname}';
      const answer = await query({ host: '${server.base}', port: 6031, database: 'postgres', user: 'postgres' }, 'SELECT 1', deadlineIn(300));
      process.stdout.write(answer.ok ? 'ok' : answer.failure.kind);`;
    const file = join(server.base, 'script.mts');
    writeFileSync(file, script);
    const tsx = new URL('../../../../node_modules/.bin/tsx', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(tsx, [file], { timeout: 10_000 });
    t.equal(stdout, 'timeout');
    signalProcess(pid, 'SIGCONT');
  });

  await t.test('a server that stops, and one that starts', async (t) => {
    const session = withConnection(address, soon(), async (connection) =>
      connection.query('SELECT pg_sleep(5)'),
    );
    await sleep(200);
    signalProcess(pid, 'SIGTERM');
    await sleep(200);
    t.equal(await kindOf(address), 'stopping', 'a smart shutdown waits for the session');
    signalProcess(pid, 'SIGINT');
    t.match(await session, { ok: false, failure: { kind: 'stopping' } });
    await server.stop();
    t.equal(await kindOf(address), 'refused');
    writeFileSync(join(pgdata, 'standby.signal'), '');
    server.configure("hot_standby = off\nrestore_command = 'false'\nprimary_conninfo = ''");
    await server.start();
    for (let i = 0; i < 50 && (await kindOf(address)) === 'refused'; i++) await sleep(20);
    t.match(await kindOf(address), /^(starting|no-hot-standby)$/);
    for (let i = 0; i < 100 && (await kindOf(address)) !== 'no-hot-standby'; i++) await sleep(50);
    t.equal(await kindOf(address), 'no-hot-standby');
  });
});
