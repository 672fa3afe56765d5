/** Can this primary write? With a real server whose files lead to a full device, or to one that never answers. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkWrites } from '../../lib/postgres/write-check.ts';
import { deadlineIn, monotonicMs } from '../../lib/system/clock.ts';
import { asPostgres, createServer, needsServer, postgresUser } from '../unit/lib/postgres/temp-server.ts';

t.test('a server that is asked to write', needsServer(), async (t) => {
  const server = createServer(6079);
  server.configure("synchronous_standby_names = 'nobody'\ndefault_transaction_read_only = on");
  t.teardown(() => server.stop());
  await server.startReady();
  const folder = join(server.pgdata, 'pg_snapshots');
  const emptied = (): void => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  };
  // An exported snapshot is named after its session and transaction (snapmgr.c): all that come into question.
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  const names = Array.from({ length: 8 * 64 }, (_, i) =>
    join(folder, `${hex((i % 8) + 1)}-${hex(Math.floor(i / 8) + 1)}-1.tmp`),
  );
  const check = (ms = 30_000) => checkWrites(server.address, deadlineIn(ms));

  await t.test('one that can, and waits for no standby; nothing is left behind', async (t) => {
    t.same(await check(), { kind: 'written' });
    t.same(readdirSync(folder), []);
  });

  await t.test('a disk that is full', async (t) => {
    for (const name of names) symlinkSync('/dev/full', name);
    t.match(await check(), { kind: 'failed', reason: /No space left on device/ });
    emptied();
    t.same(await check(), { kind: 'written' });
  });

  await t.test('a disk that does not answer: the check ends, whatever becomes of the session', async (t) => {
    const { uid, gid } = postgresUser();
    execFileSync('mkfifo', names, { uid, gid });
    const beginMs = monotonicMs();
    t.match(await check(), { kind: 'failed', reason: /within 5 s/ });
    t.ok(monotonicMs() - beginMs < 15_000);
    const waiting = (): string =>
      asPostgres('psql', [
        ...['-h', server.base, '-p', String(server.port), '-Atc'],
        "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'export_snapshot' AND pid <> pg_backend_pid()",
      ]).trim();
    t.equal(waiting(), '1', 'it was in the middle of it, and PostgreSQL is read meanwhile');
    t.match(await check(), { kind: 'failed', reason: /write of an earlier monitor/ });
    t.equal(waiting(), '1', 'as long as it is, no other joins it');
    // Who waits goes on when the other end is opened.
    for (const name of names) execFileSync('sh', ['-c', 'exec 3<>"$0"', name]);
    emptied();
  });

  await t.test('no connection left says nothing of the disk', async (t) => {
    t.same(await checkWrites({ ...server.address, database: 'unheard-of' }, deadlineIn(5000)), {
      kind: 'unknown',
    });
  });
});
