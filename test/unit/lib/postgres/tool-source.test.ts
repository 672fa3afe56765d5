import t from 'tap';
import { toolSource } from '../../../../lib/postgres/tool-source.ts';

const address = { host: '192.0.2.1', port: 5433, user: 'repl' };

t.test('what is secret is in the environment, and not in the arguments', async (t) => {
  const source = toolSource(address, "password='it''s' passfile=/x/.pgpass sslmode=require", 'cls');
  t.notMatch(source.conninfo, /password|passfile/);
  const withPassword = toolSource(address, 'password=geheim passfile=/x/.pgpass', 'cls');
  t.notMatch(withPassword.conninfo, /geheim|\.pgpass/);
  t.same(withPassword.env, { PGPASSWORD: 'geheim', PGPASSFILE: '/x/.pgpass' });
});

t.test("the standby's options hold, but not those of its own connection", async (t) => {
  const { conninfo, env } = toolSource(
    address,
    'sslmode=verify-ca keepalives_idle=60 application_name=node1 user=other host=elsewhere',
    'cls_rebuild_slave',
  );
  t.equal(
    conninfo,
    'host=192.0.2.1 port=5433 user=repl dbname=postgres application_name=cls_rebuild_slave connect_timeout=10 keepalives_idle=60 keepalives_interval=5 keepalives_count=4 sslmode=verify-ca',
  );
  t.same(env, {});
});
