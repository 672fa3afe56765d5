import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Arbiter } from '../../../../../lib/distlock/arbiter.ts';
import { tellLock } from '../../../../../lib/distlock/guard/guard.ts';
import { parseGuardedLock } from '../../../../../lib/distlock/guard/renewal.ts';

const arbiterAt = (host: string, rootCertFile?: string): Arbiter => ({
  address: {
    host,
    port: 5439,
    database: 'postgres',
    user: 'locker',
    ...(rootCertFile === undefined ? {} : { tls: { mode: 'verify-full', rootCertFile } }),
  },
  lock: { schema: undefined, table: 'distlock', name: 'cls1' },
});

t.test('the guard renews at the arbiter that is named now, or at none', async (t) => {
  const place = { directory: t.testdir(), resource: 'pgsql' };
  const path = join(place.directory, 'pgsql.lease-lock');
  const tell = (arbiter: Arbiter): void => tellLock(place, { owner: 'node1', leaseMs: 9000, arbiter });
  const hostTold = (): string | undefined =>
    existsSync(path) ? parseGuardedLock(readFileSync(path, 'utf8'))?.arbiter.address.host : undefined;

  tell(arbiterAt('node3', '/etc/ssl/arbiter.crt'));
  t.equal(hostTold(), undefined);
  tell(arbiterAt('node3'));
  t.equal(hostTold(), 'node3');
  tell(arbiterAt('node4'));
  t.equal(hostTold(), 'node4');
  tell(arbiterAt('node5', '/etc/ssl/arbiter.crt'));
  t.notOk(existsSync(path), 'only the monitors ask that one');
});
