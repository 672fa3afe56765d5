/** The tool distlock and the lock behind it, against a real PostgreSQL that plays the arbiter. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type Arbiter, acquire, initialise, look, release, report } from '../../lib/distlock/arbiter.ts';
import { acquireSql, releaseSql } from '../../lib/distlock/statements.ts';
import { query } from '../../lib/postgres/client.ts';
import { deadlineIn, monotonicMs, sleep } from '../../lib/system/clock.ts';
import { signalProcess } from '../../lib/system/proc.ts';
import { createServer, needsServer } from '../unit/lib/postgres/temp-server.ts';
import { call, ROOT } from './executables.ts';

const TOOL = join(ROOT, 'dist', 'bin', 'distlock');
const soon = () => deadlineIn(5000);

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

t.test('an arbiter', needsServer(), async (t) => {
  const port = await freePort();
  const server = createServer(port);
  server.configure("listen_addresses = '127.0.0.1'");
  writeFileSync(
    join(server.pgdata, 'pg_hba.conf'),
    'local all all trust\nhost all locker 127.0.0.1/32 scram-sha-256\n',
  );
  t.teardown(() => server.stop());
  let pid = await server.startReady();
  const { osUser: _, ...address } = server.address;
  const sql = async (...statements: string[]) => {
    const answer = await query(address, statements, soon());
    if (!answer.ok) throw new Error(answer.failure.message);
    return answer.rows.at(-1);
  };
  const of = (name: string): Arbiter => ({ address, lock: { schema: undefined, table: 'distlock', name } });
  const conninfo = `host=${server.base} port=${port} user=postgres dbname=postgres connect_timeout=5`;
  const tool = (words: string, place = conninfo, env: Readonly<Record<string, string>> = {}) =>
    call(TOOL, [place, ...words.split(' ')], env);

  await t.test('an empty one says how to make the lock', async (t) => {
    const { code, stdout, stderr } = tool('trylock distlock:pg node1 9');
    t.equal(code, 10);
    t.equal(stdout, '');
    t.match(stderr, /relation "distlock" does not exist: make it with "distlock CONNINFO init distlock:pg"/);
    const dry = tool('init distlock:pg --dry-run');
    t.match(dry.stdout, /CREATE TABLE IF NOT EXISTS "distlock" \(/);
    t.equal(tool('status distlock:pg').code, 10, 'and nothing was made');
    t.match(JSON.parse(tool('status distlock:pg --json').stdout), {
      lock: 'distlock:pg',
      failure: 'not-initialised',
      sentence: /does not exist/,
    });
  });

  await t.test('init, also twice, by two at once, and while the lock is held', async (t) => {
    const both = await Promise.all([initialise(of('pg'), soon()), initialise(of('pg'), soon())]);
    t.same(both, [
      { ok: true, value: true },
      { ok: true, value: true },
    ]);
    t.equal(tool('trylock distlock:pg node1 600').stdout, '1\n');
    t.match(tool('init distlock:pg'), { code: 0, stdout: '1\n', stderr: '' });
    t.match(
      tool('status distlock:pg').stdout,
      /^distlock:pg: node1 has it: renewed .* ago, .* left of 10 min\n/,
    );
    t.match(tool('trylock distlock:other node1 9'), { code: 10, stdout: '', stderr: /no lock "other"/ });
    t.equal(tool('init ha.distlock:pg').code, 10, 'no such schema');
  });

  await t.test('as the original: 1 and 0', async (t) => {
    t.match(tool('trylock distlock:pg node2 9'), { code: 0, stdout: '0\n', stderr: /node1 has it: renewed/ });
    t.match(tool('trylock distlock:pg node1 600'), { code: 0, stdout: '1\n', stderr: '' });
    t.match(tool('unlock distlock:pg node2'), { code: 0, stdout: '0\n', stderr: /node2 does not have it/ });
    t.match(tool('unlock distlock:pg node1', `/usr/bin/psql "${conninfo}"`), {
      code: 0,
      stdout: '1\n',
      stderr: '',
    });
    t.match(tool('lock distlock:pg node2 1 12', `psql -h${server.base} -p${port} -Upostgres`), {
      stdout: '1\n',
    });
    const waited = JSON.parse(tool('lock distlock:pg node1 600 30 --json').stdout);
    t.match(waited, { result: 1, before: { owner: 'node2', leaseSeconds: 1 } });
    t.match(tool('lock distlock:pg node2 9 1'), { code: 0, stdout: '0\n' });
    const status = JSON.parse(tool('status distlock:pg --json').stdout);
    t.match(status, { condition: 'held', owner: 'node1', leaseSeconds: 600 });
    t.same(
      status.history.map(({ owner }: { owner: string | null }) => owner),
      ['node1', 'node2', null, 'node1', null],
      'only changes of the owner are in the history',
    );
    t.match(tool('unlock pg node1 --json').stdout, /"result": 1/);
  });

  await t.test("a client's clock and time zone mean nothing", async (t) => {
    const shift = join(server.base, 'hour-ahead.cjs');
    writeFileSync(shift, 'const now = Date.now; Date.now = () => now() + 3600000;');
    const env = { NODE_OPTIONS: `--require=${shift}`, TZ: 'Asia/Shanghai', PGTZ: 'Asia/Shanghai' };
    t.equal(tool('trylock pg node1 600', conninfo, env).stdout, '1\n');
    t.equal(tool('trylock pg node2 9', conninfo, env).stdout, '0\n');
    t.match(JSON.parse(tool('status pg --json', conninfo, env).stdout), {
      condition: 'held',
      owner: 'node1',
    });
    t.equal(tool('unlock pg node1').stdout, '1\n');
  });

  await t.test('two at once: one gets it, 200 times', async (t) => {
    await sql(
      `INSERT INTO distlock SELECT 'race' || i, '', now(), '-1 second' FROM generate_series(1, 200) i`,
    );
    const wins: Record<string, number> = {};
    for (let i = 1; i <= 200; i += 1) {
      const race = of(`race${i}`);
      const answers = await Promise.all(
        ['node1', 'node2'].map(async (owner) => ({
          owner,
          answer: await acquire(race, { owner, leaseMs: 60_000 }, soon()),
        })),
      );
      const winners = answers.filter(({ answer }) => answer.ok && answer.value.taken);
      const [{ owner } = { owner: '' }] = winners;
      if (winners.length !== 1) t.fail(`${winners.length} have it: ${JSON.stringify(answers)}`);
      wins[owner] = (wins[owner] ?? 0) + 1;
    }
    t.comment(wins);
    const owners = await sql(
      "SELECT owner, count(*)::int AS n FROM distlock WHERE lockname LIKE 'race%' GROUP BY 1",
    );
    t.same(
      Object.fromEntries(owners?.map(({ owner, n }) => [owner, n]) ?? []),
      wins,
      'and the arbiter knows which',
    );
  });

  await t.test('four that take it whenever it has expired: no two leases overlap', async (t) => {
    const leases: { owner: string; fromMs: number; untilMs: number }[] = [];
    const until = monotonicMs() + 3000;
    const contend = async (owner: string): Promise<void> => {
      while (monotonicMs() < until) {
        const sentMs = monotonicMs();
        const answer = await acquire(of('pg'), { owner, leaseMs: 40 }, soon());
        if (!answer.ok) throw new Error(answer.failure.sentence);
        if (answer.value.taken) leases.push({ owner, fromMs: monotonicMs(), untilMs: sentMs + 40 });
        await sleep(answer.value.taken ? 45 : 3);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(contend));
    const overlapping = leases.filter((one) =>
      leases.some((two) => one.owner !== two.owner && one.fromMs < two.untilMs && two.fromMs < one.untilMs),
    );
    t.same(overlapping, []);
    t.ok(leases.length > 3, `${leases.length} leases`);
    await sleep(50);
  });

  await t.test('renewal', async (t) => {
    const renew = () => acquire(of('pg'), { owner: 'node1', leaseMs: 60_000 }, soon());
    const stampOf = async (): Promise<string> => {
      const answer = await renew();
      if (!answer.ok || !answer.value.taken) throw new Error('not renewed');
      return answer.value.renewedAt;
    };
    const stamps = [await stampOf(), await stampOf(), await stampOf()];
    t.same([...new Set(stamps)].sort(), stamps, 'each is later');
    t.match(await acquire(of('pg'), { owner: 'node2', leaseMs: 60_000 }, soon()), {
      value: { taken: false, before: { owner: 'node1', renewedAt: stamps[2] } },
    });
    t.match(await report(of('pg'), 2, soon()), {
      value: { history: [{ owner: 'node1' }, { owner: /^[abcd]$/ }] },
    });
  });

  await t.test('a release that comes late does not take a new lease away', async (t) => {
    const { lock } = of('pg');
    const first = await acquire(of('pg'), { owner: 'node1', leaseMs: 60_000 }, soon());
    if (!first.ok || !first.value.taken) throw new Error('not taken');
    await acquire(of('pg'), { owner: 'node1', leaseMs: 60_000 }, soon());
    t.same((await sql(releaseSql(lock, 'node1', first.value.renewedAt)))?.[0]?.released, false);
    t.match(await look(of('pg'), soon()), { value: { owner: 'node1' } });
    const conditional = acquireSql(lock, {
      owner: 'node1',
      leaseMs: 60_000,
      ifRenewedAt: first.value.renewedAt,
    });
    t.equal((await sql(conditional))?.[0]?.taken_at, null, 'nor is it taken by who has seen an older one');
    t.same(await release(of('pg'), 'node1', soon()), { ok: true, value: true });
  });

  await t.test('a transaction that keeps the row, and other isolation levels', async (t) => {
    await sql("ALTER ROLE postgres SET default_transaction_isolation = 'repeatable read'");
    const answers = await Promise.all(
      ['node1', 'node2', 'node3'].map((owner) => acquire(of('pg'), { owner, leaseMs: 60_000 }, soon())),
    );
    t.equal(answers.filter((answer) => answer.ok && answer.value.taken).length, 1);
    t.equal(answers.filter(({ ok }) => !ok).length, 0);
    // A primary and its guard: neither may conclude that another one has the lock.
    const owner =
      answers.flatMap((answer, i) => (answer.ok && answer.value.taken ? [`node${i + 1}`] : []))[0] ?? '';
    const renewals = await Promise.all(
      Array.from({ length: 8 }, () => acquire(of('pg'), { owner, leaseMs: 60_000 }, soon())),
    );
    t.equal(renewals.filter((answer) => answer.ok && answer.value.taken).length, 8);
    await sql('ALTER ROLE postgres RESET default_transaction_isolation');
    await sql("UPDATE distlock SET owner = ''");
    const keep = ['BEGIN', 'SELECT * FROM distlock FOR UPDATE', 'SELECT pg_sleep(60)'];
    const keeper = query({ ...address, applicationName: 'keeper' }, keep, deadlineIn(60_000));
    const KEEPER = "FROM pg_stat_activity WHERE application_name = 'keeper' AND wait_event = 'PgSleep'";
    while ((await sql(`SELECT pid ${KEEPER}`))?.length === 0) await sleep(20);
    const kept = tool('trylock pg node9 60', conninfo.replace('timeout=5', 'timeout=4'));
    t.match(kept, { code: 1, stdout: '', stderr: /no answer in time .* keeps the row locked/ });
    t.match(tool('init pg'), { code: 0, stdout: '1\n' }, 'it does not wait for the row');
    await sql(`SELECT pg_terminate_backend(pid) ${KEEPER}`);
    await keeper;
    // What was asked when nobody listened any more is carried out nevertheless.
    while ((await sql("SELECT owner FROM distlock WHERE lockname = 'pg'"))?.[0]?.owner !== 'node9')
      await sleep(20);
    t.match(await release(of('pg'), 'node9', soon()), { value: true });
  });

  await t.test('a role with a password, and no more rights than it needs', async (t) => {
    await sql("CREATE ROLE locker LOGIN PASSWORD 's3cret'");
    const place = `host=127.0.0.1 port=${port} user=locker dbname=postgres passfile=${server.base}/pass`;
    t.match(tool('trylock pg node1 9', place), { code: 1, stderr: /wants a password.*pg_hba/ });
    writeFileSync(`${server.base}/pass`, '127.0.0.1:*:postgres:locker:wr0ng\n');
    chmodSync(`${server.base}/pass`, 0o600);
    const wrong = tool('trylock pg node1 9', place);
    t.match(wrong, { code: 1, stdout: '', stderr: /password authentication failed/ });
    t.notMatch(wrong.stderr, /wr0ng/);
    writeFileSync(`${server.base}/pass`, '127.0.0.1:*:postgres:locker:s3cret\n');
    t.match(tool('trylock pg node1 9', place), {
      code: 1,
      stderr: /permission denied.*grant SELECT and UPDATE/,
    });
    t.match(tool('init pg', place), { code: 1, stdout: '', stderr: /permission denied.*may make tables/ });
    await sql(
      'GRANT SELECT, UPDATE ON distlock TO locker',
      'GRANT SELECT, INSERT ON distlock_history TO locker',
      'GRANT USAGE ON SEQUENCE distlock_history_id_seq TO locker',
    );
    t.match(tool('trylock pg node1 9', place), { code: 0, stdout: '1\n', stderr: '' });
    t.match(tool('status pg', place), { code: 0 });
    t.match(tool('unlock pg node1', place), { stdout: '1\n' });
  });

  await t.test("the original's tables", async (t) => {
    await sql('CREATE DATABASE original');
    const place = conninfo.replace('dbname=postgres', 'dbname=original');
    const old = { ...address, database: 'original' };
    const made = await query(
      old,
      [
        'CREATE TABLE distlock(lockname text primary key, owner text not null, ts timestamptz not null, expired_time interval not null)',
        "INSERT INTO distlock VALUES ('pgsql_cls1', '', now(), interval '-1 second')",
      ],
      soon(),
    );
    t.equal(made.ok, true);
    t.match(tool('trylock distlock:pgsql_cls1 node1 9', place), { stdout: '1\n' });
    t.match(tool('status distlock:pgsql_cls1', place), { code: 10, stderr: /distlock_history/ });
    t.match(tool('init distlock:pgsql_cls1', place), { code: 0, stdout: '1\n' });
    t.match(tool('status distlock:pgsql_cls1', place).stdout, /node1 has it[\s\S]*No change of the owner/);
    t.match(tool('unlock distlock:pgsql_cls1 node1', place), { stdout: '1\n' });
    t.match(await report({ ...of('pgsql_cls1'), address: old }, 5, soon()), {
      value: { history: [{ owner: '' }] },
    });
  });

  await t.test('bad arguments', async (t) => {
    t.match(tool('trylock pg node1 9', 'host=a,b'), { code: 100, stderr: /names a and b: two arbiters/ });
    t.match(tool('trylock pg @owner 9'), { code: 100, stderr: /only the agent replaces/ });
    t.match(tool('trylock pg node1 9', 'secret'), {
      code: 100,
      stderr: /^distlock: CONNINFO: it is neither/,
    });
  });

  await t.test('it keeps what it has promised through a crash', async (t) => {
    await sql('ALTER ROLE postgres SET synchronous_commit = off');
    t.equal(tool('trylock pg node1 600').stdout, '1\n');
    signalProcess(pid, 'SIGQUIT');
    while (signalProcess(pid, 'SIGCONT')) await sleep(20);
    t.match(tool('trylock pg node2 9'), { code: 1, stdout: '', stderr: /^distlock: the arbiter .*: / });
    pid = await server.startReady();
    t.match(tool('trylock pg node2 9'), { code: 0, stdout: '0\n', stderr: /node1 has it/ });
  });

  await t.test('frozen: an answer of our own in time, and the wait goes on when it is thawed', async (t) => {
    signalProcess(pid, 'SIGSTOP');
    const frozen = tool('trylock pg node2 9', conninfo.replace('timeout=5', 'timeout=1'));
    t.match(frozen, { code: 1, stdout: '', stderr: /no connection in time/ });
    const json = tool('status distlock:pg --json', conninfo.replace('timeout=5', 'timeout=1'));
    t.match(JSON.parse(json.stdout), { failure: 'silent' });
    const thawed = sleep(1500).then(() => signalProcess(pid, 'SIGCONT'));
    const attempt = () => acquire(of('pg'), { owner: 'node1', leaseMs: 1000 }, deadlineIn(1000));
    let answer = await attempt();
    while (!answer.ok) answer = await attempt();
    t.match(answer.value, { taken: true });
    await thawed;
  });
});
