import t from 'tap';
import { baseBackupArguments } from '../../../../lib/postgres/basebackup.ts';
import { deadlineIn } from '../../../../lib/system/clock.ts';

const request = (major: number) => ({
  binDirectory: '/usr/bin',
  version: { major, number: major * 10000 },
  pgdata: '/pgsql/data.repair/copying',
  user: { name: 'postgres', uid: 1, gid: 1, home: '/', groups: [] },
  source: { conninfo: 'host=192.0.2.1', env: { PGPASSWORD: 'geheim' } },
  deadline: deadlineIn(1000),
  onLine: () => {},
  interrupted: new AbortController().signal,
  walDirectory: '/wal/.pha-copying',
  mappings: [{ from: '/ts=1', to: '/ts 2/.pha-copying' }],
});

t.test('the arguments of pg_basebackup', async (t) => {
  t.same(baseBackupArguments(request(15)), [
    '--pgdata=/pgsql/data.repair/copying',
    '--dbname=host=192.0.2.1',
    '--checkpoint=fast',
    '--wal-method=stream',
    '--no-password',
    '--progress',
    '--waldir=/wal/.pha-copying',
    '--tablespace-mapping=/ts\\=1=/ts 2/.pha-copying',
  ]);
  const old = baseBackupArguments(request(9.6));
  t.ok(old.includes('--xlog-method=stream') && old.includes('--xlogdir=/wal/.pha-copying'));
});
