import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { attemptsFor, tlsOptions, tlsSettingsOf } from '../../../../lib/postgres/tls.ts';

t.test('from a connection string', async (t) => {
  t.same(tlsSettingsOf(new Map()), { mode: 'prefer' });
  t.same(
    tlsSettingsOf(
      new Map([
        ['sslmode', 'verify-ca'],
        ['sslrootcert', '/ca.crt'],
        ['sslcert', ''],
      ]),
    ),
    {
      mode: 'verify-ca',
      rootCertFile: '/ca.crt',
    },
  );
  t.equal(tlsSettingsOf(new Map([['sslmode', 'nonsense']])).mode, 'prefer');
});

t.test('in which order to try', async (t) => {
  t.same(attemptsFor('/run/postgresql', 'require'), ['plain'], 'a Unix socket is never encrypted');
  t.same(attemptsFor('node1', 'prefer'), ['encrypted', 'plain']);
  t.same(attemptsFor('node1', 'disable'), ['plain']);
  for (const mode of ['require', 'verify-ca', 'verify-full'] as const)
    t.same(attemptsFor('node1', mode), ['encrypted']);
});

t.test('what is verified', async (t) => {
  t.equal(tlsOptions({ mode: 'require' }).rejectUnauthorized, false);
  t.equal(tlsOptions({ mode: 'verify-full' }).rejectUnauthorized, true);
  t.equal(tlsOptions({ mode: 'verify-full' }).checkServerIdentity, undefined);
  t.type(tlsOptions({ mode: 'verify-ca' }).checkServerIdentity, 'function');
});

t.test('a file that is not there, or is a pipe that would block, is named', async (t) => {
  const directory = t.testdir({});
  const pipe = join(directory, 'key');
  execFileSync('mkfifo', [pipe]);
  t.throws(() => tlsOptions({ mode: 'require', keyFile: join(directory, 'none') }), {
    message: `sslkey is ${join(directory, 'none')}, and there is no such file`,
  });
  t.throws(() => tlsOptions({ mode: 'require', keyFile: pipe }), {
    message: `${pipe} is not a regular file`,
  });
});
