import t from 'tap';
import { libpqTarget, type Surroundings } from '../../../../lib/postgres/libpq.ts';

const target = (conninfo: Readonly<Record<string, string>>, around: Partial<Surroundings> = {}) => {
  const result = libpqTarget(new Map(Object.entries(conninfo)), {
    env: {},
    home: '/home/me',
    userName: 'me',
    serviceFile: undefined,
    ...around,
  });
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

t.test('as the original wrote it', async (t) => {
  const { addresses, timeoutSeconds } = target({
    host: '192.168.0.236',
    port: '5433',
    dbname: 'postgres',
    user: 'replication',
    password: 'secret',
    connect_timeout: '5',
  });
  t.match(addresses, [
    { host: '192.168.0.236', port: 5433, database: 'postgres', user: 'replication', password: 'secret' },
  ]);
  t.equal(timeoutSeconds, 5);
});

t.test('what is not said', async (t) => {
  const { addresses, timeoutSeconds } = target({});
  t.match(addresses, [
    { host: '/var/run/postgresql', port: 5432, database: 'me', user: 'me', passfile: '/home/me/.pgpass' },
  ]);
  t.equal(timeoutSeconds, undefined);
});

t.test('the string before the service, and that before the environment', async (t) => {
  const around = {
    env: { PGSERVICE: 'db', PGHOST: 'env', PGUSER: 'env', PGPASSFILE: '/env', PGPORT: '1' },
    serviceFile: '# all\n[other]\nhost=no\n[db]\nhost=service\nuser=service\n\n[last]\nport=9\n',
  };
  t.match(target({ user: 'string' }, around).addresses, [
    { host: 'service', user: 'string', passfile: '/env', port: 1 },
  ]);
  t.match(libpqTarget(new Map([['service', 'none']]), { env: {}, home: '', userName: '', serviceFile: '' }), {
    ok: false,
    reason: /no service "none"/,
  });
});

t.test('several hosts', async (t) => {
  t.match(target({ host: 'a,b,c', port: '1,2,3' }).addresses, [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
    { host: 'c', port: 3 },
  ]);
  t.match(target({ host: 'a,b', port: '7' }).addresses, [{ port: 7 }, { port: 7 }]);
});

t.test('mistakes', async (t) => {
  const none = { env: {}, home: '', userName: '', serviceFile: undefined };
  t.match(libpqTarget(new Map([['port', 'x']]), none), { ok: false, reason: '"x" is no port' });
  t.match(libpqTarget(new Map([['connect_timeout', '5s']]), none), { ok: false, reason: /connect_timeout/ });
});
