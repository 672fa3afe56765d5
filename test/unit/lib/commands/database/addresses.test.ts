import t from 'tap';
import { localAddress, primaryAddress } from '../../../../../lib/commands/database/addresses.ts';
import { pgsqlResource } from '../status/builders.ts';

const owner = { name: 'postgres', uid: 26, gid: 26, groups: [26], home: '/var/lib/pgsql' };

t.test('the server here: its socket, unless a host is set', async (t) => {
  t.match(localAddress(pgsqlResource(), owner, '/run/pg'), {
    host: '/run/pg',
    port: 5432,
    user: 'postgres',
    osUser: owner,
  });
  t.equal(localAddress(pgsqlResource(), owner, undefined).host, '/var/run/postgresql');
  t.equal(localAddress(pgsqlResource({ parameters: { socketdir: '/s' } }), owner, '/run/pg').host, '/s');
  t.equal(
    localAddress(pgsqlResource({ parameters: { pghost: '127.0.0.1' } }), owner, '/run/pg').host,
    '127.0.0.1',
  );
});

t.test('the primary: as its standbys reach it', async (t) => {
  t.match(
    primaryAddress(
      pgsqlResource({
        parameters: {
          repuser: 'rep',
          pgport: '5433',
          primary_conninfo_opt: 'password=secret passfile=/p keepalives_idle=60',
        },
      }),
      owner,
    ),
    { host: '10.0.0.100', port: 5433, user: 'rep', password: 'secret', passfile: '/p', osUser: owner },
  );
  t.match(primaryAddress(pgsqlResource(), owner), { passfile: '/var/lib/pgsql/.pgpass' });
  t.equal(
    primaryAddress(pgsqlResource({ parameters: { rep_mode: 'none', master_ip: '' } }), owner),
    undefined,
  );
});
