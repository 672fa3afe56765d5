import { join } from 'node:path';
import t from 'tap';
import { arbiterOf, namedLock, objectionToPlace } from '../../../../lib/pgsql/lock/parameters.ts';

const parameters = (place: string) => ({
  enable_distlock: true,
  distlock_conninfo: place,
  distlock_lockname: 'distlock:pg',
  distlock_lease_seconds: 9,
  distlock_timeout_seconds: 12,
  distlock_lock_cmd: '',
  distlock_unlock_cmd: '',
});

t.test('the variables before a call of distlock are those of its psql', async (t) => {
  const call = `PGPASSFILE=/etc/pass PGPORT=5439 distlock 'PGPORT=5440 psql -h node3' lock pg @owner 9 12`;
  const named = namedLock({ ...parameters(''), distlock_lock_cmd: call });
  t.match(named, { ok: true, value: { leaseMs: 9000, timeoutMs: 12_000, lock: { name: 'pg' } } });
  if (!named.ok || named.value === undefined) return;
  const address = { host: 'node3', port: 5440, passfile: '/etc/pass' };
  t.match(arbiterOf(named.value), { ok: true, value: { address } });
});

t.test('what a service file says is looked at, too', async (t) => {
  const folder = t.testdir({
    'pg_service.conf': '[third]\nhost=node3\nport=5439\n[own]\nport=5439\n[two]\nhost=a,b\n',
  });
  const by = (service: string) =>
    parameters(`PGSERVICEFILE=${join(folder, 'pg_service.conf')} psql service=${service}`);
  const third = namedLock(by('third'));
  if (!third.ok || third.value === undefined) throw new Error('not named');
  t.match(arbiterOf(third.value), { ok: true, value: { address: { host: 'node3', port: 5439 } } });
  t.equal(objectionToPlace(by('third')), undefined);
  t.match(objectionToPlace(by('own')), /^distlock_conninfo: it names the socket \/.*: each node would ask/);
  t.match(objectionToPlace(by('two')), /^distlock_conninfo: it names several hosts; name one/);
  t.match(objectionToPlace(by('gone')), /^distlock_conninfo: there is no service "gone" in the service file/);
  t.equal(objectionToPlace({ ...by('gone'), enable_distlock: false }), undefined);
});
