import t from 'tap';
import { type FailureKind, failureOf, isRefusal, withoutPassword } from '../../../../lib/postgres/failure.ts';

const error = (message: string, code?: string, detail?: string): Error =>
  Object.assign(new Error(message), { code, detail });

t.test('kinds', async (t) => {
  const cases: [FailureKind, Error][] = [
    ['refused', error('connect ECONNREFUSED', 'ECONNREFUSED')],
    ['refused', Object.assign(error('connect ENOENT /tmp/.s.PGSQL.5432', 'ENOENT'), { syscall: 'connect' })],
    ['other', Object.assign(error('ENOENT: no such file, open /ca.crt', 'ENOENT'), { syscall: 'open' })],
    ['timeout', error('connect EAGAIN', 'EAGAIN')],
    ['timeout', error('connect ETIMEDOUT', 'ETIMEDOUT')],
    ['other', error('connect EHOSTUNREACH', 'EHOSTUNREACH')],
    ['other', error('getaddrinfo ENOTFOUND node9', 'ENOTFOUND')],
    ['other', error('connect EPERM', 'EPERM')],
    ['other', error('Connection terminated unexpectedly')],
    ['starting', error('the database system is starting up', '57P03')],
    ['starting', error('the database system is in recovery mode', '57P03')],
    [
      'starting',
      error(
        'the database system is not yet accepting connections',
        '57P03',
        'Consistent recovery state has not been yet reached.',
      ),
    ],
    [
      'no-hot-standby',
      error('the database system is not accepting connections', '57P03', 'Hot standby mode is disabled.'),
    ],
    ['stopping', error('the database system is shutting down', '57P03')],
    ['starting', error('Das Datenbanksystem startet', '57P03')],
    ['stopping', error('terminating connection due to administrator command', '57P01')],
    ['too-many-clients', error('sorry, too many clients already', '53300')],
    ['auth', error('no pg_hba.conf entry', '28000')],
    ['auth', error('password authentication failed', '28P01')],
    ['auth', error('must be superuser or replication role to start walsender', '42501')],
    ['auth', error('the server wants a password for repl, and there is none')],
    ['sql', error('database "x" does not exist', '3D000')],
  ];
  for (const [kind, thrown] of cases) t.equal(failureOf(thrown, 'connect').kind, kind, thrown.message);
  t.equal(failureOf(error('permission denied', '42501'), 'query').kind, 'sql');
  t.equal(failureOf('text', 'query').message, 'text');
});

t.test('a refusal is the word of a server that lives', async (t) => {
  const refuses = (message: string, code?: string, phase: 'connect' | 'query' = 'connect'): boolean =>
    isRefusal(failureOf(error(message, code), phase));
  t.ok(refuses('no pg_hba.conf entry', '28000'));
  t.ok(refuses('password authentication failed', '28P01'));
  t.ok(refuses('permission denied for database', '42501'));
  t.ok(refuses('database "x" does not exist', '3D000'));
  t.ok(refuses('too many connections for role "x"', '53300'));
  t.notOk(refuses('the server wants a password for repl, and there is none'), 'that is said here');
  t.notOk(refuses('the database system is starting up', '57P03'));
  t.notOk(refuses('permission denied for function', '42501', 'query'));
  t.notOk(refuses('could not open file', '58P01'));
});

t.test('the message is one line with the detail, and without the password', async (t) => {
  const failure = failureOf(error('first\n  second', '57P03', 'third'), 'connect');
  t.same(failure, { kind: 'starting', message: 'first second: third', sqlState: '57P03' });
  t.equal(withoutPassword({ kind: 'other', message: 'a s3cret b' }, 's3cret').message, 'a ******** b');
  t.equal(withoutPassword(failure, ''), failure);
});
