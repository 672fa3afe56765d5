import t from 'tap';
import { lastLogLines, startupFailureHint } from '../../../../lib/postgres/startup-log.ts';

t.test('the last FATAL with its detail', async (t) => {
  const lines = [
    '2026-11-21 00:43:58.123 UTC [1] LOG:  starting PostgreSQL 15.18',
    '2026-11-21 00:43:58.124 UTC [1] FATAL:  could not create lock file "/run/x.lock": No such file or directory',
    '2026-11-21 00:43:58.125 UTC [1] LOG:  database system is shut down',
  ];
  t.equal(startupFailureHint(lines), 'could not create lock file "/run/x.lock": No such file or directory');
  t.equal(
    startupFailureHint([
      'FATAL:  data directory "/d" has invalid permissions',
      'DETAIL:  Permissions should be u=rwx (0700).',
    ]),
    'data directory "/d" has invalid permissions Permissions should be u=rwx (0700).',
  );
});

t.test('a full disk is the cause of whatever came after it', async (t) => {
  const full = 'could not write to file "pg_wal/xlogtemp.4711": No space left on device';
  t.equal(startupFailureHint([`[1] PANIC:  ${full}`, '[2] LOG:  startup process exited']), full);
  t.equal(startupFailureHint([`[1] LOG:  ${full}`, '[1] FATAL:  could not open lock file "x"']), full);
});

t.test('clients that came too early are not the cause', async (t) => {
  t.equal(startupFailureHint(['[7] FATAL:  the database system is starting up']), undefined);
  t.equal(
    startupFailureHint([
      '[1] PANIC:  could not locate a valid checkpoint record',
      '[7] FATAL:  the database system is starting up',
    ]),
    'could not locate a valid checkpoint record',
  );
  t.equal(startupFailureHint([]), undefined);
});

t.test('a log that cannot be read is no failure', async (t) => {
  const self = { name: 'self', uid: process.geteuid?.() ?? 0, gid: 0, groups: [], home: '/' };
  t.same(lastLogLines('/dev/null', 5, self), []);
  t.same(lastLogLines('/no/such/log', 5, self), []);
});
