import t from 'tap';
import { hostOf, objectionToArbiter, objectionToHost } from '../../../../lib/postgres/arbiter-host.ts';
import { parsePsqlCommand } from '../../../../lib/postgres/psql-command.ts';

t.test('a machine that is another one for each node is no arbiter', async (t) => {
  const own = [
    ['', 'no host'],
    ['/run/postgresql', 'the socket /run/postgresql'],
    ['@abstract', 'the socket @abstract'],
    ...['localhost', 'LOCALHOST.', 'localhost.localdomain', 'db.localhost', 'ip6-localhost'].map((x) => [
      x,
      x,
    ]),
    ...['127.0.0.1', '127.1', '127.0.53.53', '0', '0.0.0.0', '::1', '0:0::1', '::'].map((x) => [x, x]),
    ...['::ffff:127.0.0.1', '::FFFF:127.0.0.1'].map((x) => [x, x]),
  ] as const;
  for (const [host, name] of own) {
    const objection = objectionToHost(host);
    t.ok(objection?.startsWith(`names ${name}: each node would ask a server of its own`), host);
  }
});

t.test('any other may be one', async (t) => {
  for (const host of [
    'node3',
    '192.168.0.10',
    '10.127.0.1',
    '1.2.7.127',
    'fd00::1',
    'localhost3',
    'mylocalhost',
    '01.example',
  ])
    t.equal(objectionToHost(host), undefined, host);
});

t.test('as libpq finds the host', async (t) => {
  const judge = (text: string) => {
    const target = parsePsqlCommand(text);
    if (!target.ok) throw new Error(target.reason);
    return [hostOf(target.value), objectionToArbiter(target.value) === undefined];
  };
  t.same(judge('host=node3'), ['node3', true]);
  t.same(judge('host=node3 hostaddr=127.0.0.1'), ['127.0.0.1', false]);
  t.same(judge('host=node3,node4'), ['node3,node4', false]);
  t.same(judge('postgresql://localhost:5439/postgres'), ['localhost', false]);
  t.same(judge('port=5439'), ['', false]);
  t.same(judge("host=''"), ['', false]);
  t.same(judge('PGHOST=node3 psql -p5439'), ['node3', true]);
  t.same(judge('PGHOST=localhost psql -hnode3'), ['node3', true]);
  t.same(judge('service=arbiter'), [undefined, true]);
  t.same(judge('PGSERVICE=arbiter psql'), [undefined, true]);
});
