import t from 'tap';
import { parsePsqlCommand } from '../../../../lib/postgres/psql-command.ts';

const parse = (text: string) => {
  const result = parsePsqlCommand(text);
  if (!result.ok) throw new Error(result.reason);
  return { ...Object.fromEntries(result.value.conninfo), ...result.value.env };
};

t.test('calls of psql, as definitions have them', async (t) => {
  t.same(parse('/usr/bin/psql "host=node3 port=5439 user=postgres connect_timeout=5"'), {
    host: 'node3',
    port: '5439',
    user: 'postgres',
    connect_timeout: '5',
  });
  t.same(parse('psql -hnode3 -Upostgres'), { host: 'node3', user: 'postgres' });
  t.same(parse('psql -h node3 -p 5439 -qtAX -w db me'), {
    host: 'node3',
    port: '5439',
    dbname: 'db',
    user: 'me',
  });
  t.same(parse('psql --host=node3 --port 5439 --no-password -d "user=me dbname=db"'), {
    host: 'node3',
    port: '5439',
    user: 'me',
    dbname: 'db',
  });
  t.same(parse("PGPASSFILE=/etc/pha/pgpass PGUSER='a b' psql postgresql://node3/db"), {
    PGPASSFILE: '/etc/pha/pgpass',
    PGUSER: 'a b',
    host: 'node3',
    dbname: 'db',
  });
  t.same(parse('psql'), {});
});

t.test('a connection string alone', async (t) => {
  t.same(parse("host=node3 password='a b'"), { host: 'node3', password: 'a b' });
  t.same(parse('postgresql://me@node3:5439/psql'), {
    host: 'node3',
    port: '5439',
    user: 'me',
    dbname: 'psql',
  });
});

t.test('anything else, without repeating what may be a password', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /neither/],
    ['sudo -u postgres psql', /neither: a call of psql/],
    ['node3', /neither/],
    ['psql "host=node3', /quote .* not closed/],
    ['psql -f /tmp/secret', /psql's option -f is not understood/],
    ['psql -v x=secret', /option -v/],
    ['psql "host=a secret"', /not key=value/],
  ];
  for (const [text, reason] of cases) {
    t.match(parsePsqlCommand(text), { ok: false, reason }, text);
    t.notMatch(JSON.stringify(parsePsqlCommand(text)), /secret/);
  }
});
