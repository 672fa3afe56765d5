import fc from 'fast-check';
import t from 'tap';
import { parseConninfoUri } from '../../../../lib/postgres/conninfo-uri.ts';

const entriesOf = (text: string) => {
  const parsed = parseConninfoUri(text);
  return parsed.ok ? Object.fromEntries(parsed.value) : parsed.reason;
};

t.test('as libpq reads it', async (t) => {
  const cases: readonly (readonly [string, object | string])[] = [
    ['postgresql://', {}],
    ['postgres://h', { host: 'h' }],
    ['postgresql://h:5433/db', { host: 'h', port: '5433', dbname: 'db' }],
    ['postgresql://u@h', { user: 'u', host: 'h' }],
    ['postgresql://u:p%40:x@h/', { user: 'u', password: 'p@:x', host: 'h' }],
    ['postgresql:///db?host=/tmp&port=5433', { dbname: 'db', host: '/tmp', port: '5433' }],
    ['postgresql://%2Fvar%2Frun/db', { host: '/var/run', dbname: 'db' }],
    ['postgresql://[2001:db8::1]:5433/db', { host: '2001:db8::1', port: '5433', dbname: 'db' }],
    ['postgresql://a:1,b/db', { host: 'a,b', port: '1,5432', dbname: 'db' }],
    ['postgresql://h?connect_timeout=5&ssl=true', { host: 'h', connect_timeout: '5', sslmode: 'require' }],
    ['postgresql://h:p', 'not a URI such as postgresql://user@host:5432/dbname'],
    ['host=h', 'not a URI such as postgresql://user@host:5432/dbname'],
    ['postgresql://h/db?x', 'what follows "?" is not name=value, separated by "&"'],
    ['postgresql://h/%zz', 'a "%" in it is not followed by two hexadecimal digits'],
  ];
  for (const [text, expected] of cases) t.same(entriesOf(text), expected, text);
});

t.test('total', async () => {
  fc.assert(
    fc.property(fc.string(), (rest) => typeof parseConninfoUri(`postgres://${rest}`).ok === 'boolean'),
  );
});
