import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { parsePostmasterPid } from '../../../../lib/postgres/postmaster-pid.ts';

const real = readFileSync(new URL('fixtures/postmaster-15.pid', import.meta.url), 'utf8');

t.test('a running server', async (t) => {
  t.match(parsePostmasterPid(real), {
    pid: 23468,
    singleUser: false,
    startEpochSeconds: 1795221838,
    port: 6001,
    socketDirectory: /^\/tmp\//,
    listenAddress: undefined,
    status: 'ready',
  });
});

t.test('a server that has only begun, one in single-user mode, and 9.6, which has no status', async (t) => {
  t.same(parsePostmasterPid('42\n/data\n1\n'), {
    pid: 42,
    singleUser: false,
    dataDirectory: '/data',
    startEpochSeconds: 1,
    port: 0,
  });
  t.match(parsePostmasterPid('-42\n/data\n1\n5432\n'), { pid: 42, singleUser: true });
  t.same(parsePostmasterPid('42\n/data\n1\n5432\n/tmp\n*\n  5432001 0\n'), {
    pid: 42,
    singleUser: false,
    dataDirectory: '/data',
    startEpochSeconds: 1,
    port: 5432,
    socketDirectory: '/tmp',
    listenAddress: '*',
  });
});

t.test('total', async (t) => {
  for (const text of ['', '\n', 'x', '0', '1.5']) t.equal(parsePostmasterPid(text), undefined, text);
  fc.assert(
    fc.property(fc.string(), (text) =>
      [undefined, 'number'].includes(
        typeof parsePostmasterPid(text)?.pid === 'number' ? 'number' : undefined,
      ),
    ),
  );
});
