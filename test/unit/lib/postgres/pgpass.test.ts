import fc from 'fast-check';
import t from 'tap';
import { findPassword } from '../../../../lib/postgres/pgpass.ts';

const key = { host: 'node1', port: 5432, database: 'replication', user: 'repl' };

t.test('the first line that matches', async (t) => {
  const text = `# node1:5432:replication:repl:comment
other:5432:replication:repl:wrong host
node1:5433:*:*:wrong port
node1:5432:replication:repl:right
*:*:*:*:too late
`;
  t.equal(findPassword(text, key), 'right');
  t.equal(findPassword(text, { ...key, user: 'x' }), 'too late');
  t.equal(findPassword('', key), undefined);
});

t.test('escapes and odd lines', async (t) => {
  const cases: [string, string | undefined][] = [
    ['*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
    ['*:*:*:*:a:b', 'a'],
    ['*:*:*:*:', ''],
    ['*:*:*:*', undefined],
    ['\\*:*:*:*:literal star', undefined],
    ['node1*:*:*:*:no pattern', undefined],
    [':*:*:*:empty host', undefined],
    ['*:*:*:*:secret\r', 'secret'],
    ['*:*:*:*:end\\', 'end\\'],
    ['*::*:*:empty port', undefined],
  ];
  for (const [line, expected] of cases) t.equal(findPassword(`${line}\n`, key), expected, line);
  t.equal(findPassword('fe80\\:\\:1:*:*:*:six', { ...key, host: 'fe80::1' }), 'six');
});

const escaped = (text: string): string => text.replace(/[\\:]/g, '\\$&');
const word = fc
  .string({ unit: 'binary', minLength: 1 })
  .filter((text) => !/[\r\n]/.test(text) && !text.startsWith('#') && text !== '*');

t.test('every name and password can be written', async () => {
  fc.assert(
    fc.property(word, word, word, word, (host, database, user, password) => {
      const line = [host, '5432', database, user, password].map(escaped).join(':');
      return findPassword(line, { host, port: 5432, database, user }) === password;
    }),
  );
});

t.test('total', async () => {
  fc.assert(
    fc.property(fc.string(), (text) => ['string', 'undefined'].includes(typeof findPassword(text, key))),
  );
});
