import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { formatConninfo, parseConninfo, withoutSecrets } from '../../../../lib/postgres/conninfo.ts';

const entriesOf = (text: string) => {
  const parsed = parseConninfo(text);
  return parsed.ok ? Object.fromEntries(parsed.value) : parsed.reason;
};

t.test('as libpq reads it', async (t) => {
  const cases: [string, object | string][] = [
    ['', {}],
    ['host=node1 port=5432', { host: 'node1', port: '5432' }],
    ['  host = node1\n port\t=\t5432 ', { host: 'node1', port: '5432' }],
    [`password='it\\'s' user=a`, { password: "it's", user: 'a' }],
    [`password='a\\\\b c'`, { password: 'a\\b c' }],
    ['password=a\\ b\\\\', { password: 'a b\\' }],
    [`a='' b=x`, { a: '', b: 'x' }],
    ['a= b=x', { a: 'b=x' }],
    ['a=', { a: '' }],
    ['a=1 a=2', { a: '2' }],
    [`a=b'c`, { a: "b'c" }],
    ['host', 'not key=value at character 1'],
    ['host=a port', 'not key=value at character 7'],
    [`host='a`, 'not key=value at character 1'],
    [`a='x'y=1`, 'not key=value at character 1'],
    ['=x', 'not key=value at character 1'],
    ['postgresql://host/db', 'a URI where key=value is expected'],
  ];
  for (const [text, expected] of cases) t.same(entriesOf(text), expected, JSON.stringify(text));
});

t.test('reasons never repeat the text', async (t) => {
  t.notMatch(entriesOf("user=x password='secret"), /secret/);
});

const entry = fc.tuple(fc.stringMatching(/^[a-z_]{1,12}$/), fc.string({ unit: 'binary' }));

t.test('what is written is read, whatever the values are', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ([name]) => name }), (entries) =>
      isDeepStrictEqual(entriesOf(formatConninfo(entries)), Object.fromEntries(entries)),
    ),
  );
});

t.test('total', async () => {
  fc.assert(fc.property(fc.string(), (text) => typeof parseConninfo(text).ok === 'boolean'));
});

t.test('quotes only where needed, keeps the order, and drops secrets', async (t) => {
  const text = `host=192.168.0.236 port=5432 user=replication password='it\\'s' options=''`;
  const parsed = parseConninfo(text);
  t.ok(parsed.ok);
  if (!parsed.ok) return;
  t.equal(formatConninfo(parsed.value), text);
  t.equal(
    formatConninfo(withoutSecrets(parsed.value)),
    "host=192.168.0.236 port=5432 user=replication options=''",
  );
});
