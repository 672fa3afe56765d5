import t from 'tap';
import { pgpassLine, withPgpassLine } from '../../../../lib/config/index.ts';
import { findPassword } from '../../../../lib/postgres/pgpass.ts';
import { configOf } from './builders.ts';

t.test('the line that libpq finds', async (t) => {
  const line = pgpassLine(configOf({ pgsql_reppassord: `'a:b\\c'` })) ?? '';
  t.equal(line, '*:*:*:replication:a\\:b\\\\c');
  const key = { host: '192.168.0.236', port: 5432, database: 'replication', user: 'replication' };
  t.equal(findPassword(`${line}\n`, key), 'a:b\\c');
  t.equal(pgpassLine(configOf({ pgsql_reppassord: '""' })), undefined);
});

t.test('other lines are kept', async (t) => {
  const line = '*:*:*:replication:new';
  const cases: readonly (readonly [before: string, after: string])[] = [
    ['', `${line}\n`],
    ['h:1:d:u:p\n', `h:1:d:u:p\n${line}\n`],
    ['h:1:d:u:p', `h:1:d:u:p\n${line}\n`],
    [`*:*:*:replication:old\nh:1:d:u:p\n`, `h:1:d:u:p\n${line}\n`],
    [`${line}\n`, `${line}\n`],
    ['*:*:*:replication2:p\n', `*:*:*:replication2:p\n${line}\n`],
  ];
  for (const [before, after] of cases) {
    t.equal(withPgpassLine(before, line), after, JSON.stringify(before));
    t.equal(withPgpassLine(after, line), after, 'again');
  }
});
