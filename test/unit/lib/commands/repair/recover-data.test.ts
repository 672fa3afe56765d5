/** Crash recovery before a rewind: how long the data are not those of a standby. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { recoverData } from '../../../../../lib/commands/repair/recover-data.ts';
import { serverProcesses } from '../../../../../lib/postgres/process.ts';
import { recoverAlone } from '../../../../../lib/postgres/rewind.ts';
import { deadlineIn, sleep } from '../../../../../lib/system/clock.ts';
import { findUser } from '../../../../../lib/system/os-user.ts';
import { signalProcess } from '../../../../../lib/system/proc.ts';
import { asPostgres, createServer, needsServer, postgresUser, program } from '../../postgres/temp-server.ts';

const user = findUser(userInfo().username);
if (user === undefined) throw new Error('this user has no account');
const VERSION = { major: 15, number: 150004 };
const BEGUN = 'LOG:  database system was not properly shut down; automatic recovery in progress';

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(10);
};

/** A data directory with its signal, and a program in place of PostgreSQL's; `abort` is a Ctrl-C. */
const aDirectory = (t: Test, script: string) => {
  const base = mkdtempSync(join(tmpdir(), 'pha-recover-'));
  t.teardown(() => rmSync(base, { recursive: true }));
  const pgdata = join(base, 'data');
  const signal = join(pgdata, 'standby.signal');
  mkdirSync(pgdata);
  writeFileSync(signal, '');
  writeFileSync(join(base, 'postgres'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(base, 'postgres'), 0o755);
  const abort = new AbortController();
  const ended = recoverData({
    binDirectory: base,
    version: VERSION,
    pgdata,
    configFile: join(pgdata, 'postgresql.conf'),
    user,
    deadline: deadlineIn(20_000),
    interrupted: abort.signal,
  });
  return { base, signal, ended, abort };
};

t.test('the signal is gone when the server looks for it, and back as soon as it has looked', async (t) => {
  const look = `[ -e "$3/standby.signal" ] && exit 9; echo '${BEGUN}' >&2; exec sleep 600`;
  const { signal, ended, abort } = aDirectory(t, look);
  t.notOk(existsSync(signal));
  await until(() => existsSync(signal));
  abort.abort();
  t.match(await ended, {
    ok: false,
    sentence: /the crashed server could not be recovered: postgres: ended by SIGKILL/,
  });
  t.ok(existsSync(signal), 'and whatever happens then, it is there');
});

t.test('it is back also when the server never came that far', async (t) => {
  const failed = aDirectory(t, `echo 'FATAL:  lock file "postmaster.pid" already exists' >&2; exit 1`);
  t.match(await failed.ended, { ok: false, sentence: /lock file "postmaster.pid" already exists/ });
  t.ok(existsSync(failed.signal));

  const early = aDirectory(t, `touch \${0%/*}/runs; exec sleep 600`);
  await until(() => existsSync(join(early.base, 'runs')));
  early.abort.abort();
  t.match(await early.ended, { ok: false });
  t.ok(existsSync(early.signal));
});

t.test(
  'a real server says that it has looked, whatever its configuration has it log',
  needsServer(),
  async (t) => {
    const server = createServer(6091);
    t.teardown(() => server.stop());
    server.configure("log_min_messages = panic\nlog_destination = 'syslog'");
    const pid = await server.startReady();
    signalProcess(pid, 'SIGKILL');
    // Also no zombie any more, which PostgreSQL would take for the server that holds the lock.
    await until(() => serverProcesses(server.pgdata).length === 0 && !existsSync(`/proc/${pid}`));
    let begun = 0;
    const result = await recoverAlone({
      binDirectory: dirname(program('postgres')),
      pgdata: server.pgdata,
      configFile: join(server.pgdata, 'postgresql.conf'),
      user: postgresUser(),
      deadline: deadlineIn(20_000),
      interrupted: new AbortController().signal,
      onBegun: () => {
        begun++;
      },
    });
    t.same([result, begun], [{ ok: true }, 1]);
    t.match(asPostgres('pg_controldata', ['-D', server.pgdata]), /cluster state: +shut down\n/);
  },
);
