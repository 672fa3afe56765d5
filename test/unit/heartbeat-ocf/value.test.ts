import fc from 'fast-check';
import t from 'tap';
import type { ParameterSpec } from '../../../heartbeat-ocf/index.ts';
import { parseValue, showValue } from '../../../heartbeat-ocf/value.ts';
import { hasControl } from './control-characters.ts';

const texts = { shortdesc: 's', longdesc: 'l' };
const integer = (more: { min?: number; max?: number; unit?: 'seconds' | 'bytes' } = {}): ParameterSpec => ({
  ...texts,
  type: 'integer',
  default: 1,
  ...more,
});
const simple = (type: 'path' | 'name' | 'host' | 'command' | 'text' | 'secret'): ParameterSpec => ({
  ...texts,
  type,
});
const good = (spec: ParameterSpec, text: string): unknown => {
  const parsed = parseValue(spec, text);
  return parsed.ok ? parsed.value : `refused: ${parsed.why}`;
};
const refused = (spec: ParameterSpec, text: string): boolean => !parseValue(spec, text).ok;

t.test('integers', async (t) => {
  t.equal(good(integer(), '90'), 90);
  t.equal(good(integer(), ' +90 '), 90);
  t.ok(Object.is(good(integer(), '-0'), 0));
  for (const text of ['x', '5.5', '0x10', '1e3', '90s', '9007199254740993', '--1', '1 2']) {
    t.ok(refused(integer(), text), text);
  }
  const bounded = integer({ min: 1, max: 10, unit: 'seconds' });
  t.match(parseValue(bounded, '0'), { ok: false, why: 'must be a whole number between 1 and 10 seconds' });
  t.match(parseValue(integer({ min: 3 }), '2'), { why: 'must be a whole number of at least 3' });
  t.match(parseValue(integer({ max: 3, unit: 'bytes' }), '4'), {
    why: 'must be a whole number of at most 3 bytes',
  });
  t.match(parseValue(integer(), 'x'), { why: 'must be a whole number of any size' });
});

t.test('every safe integer within the bounds is read, every other is refused', async () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), fc.maxSafeInteger(), (value, a, b) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      const result = parseValue(integer({ min, max }), String(value));
      return result.ok === (value >= min && value <= max) && (!result.ok || result.value === value + 0);
    }),
  );
});

t.test('ports', async (t) => {
  t.equal(good({ ...texts, type: 'port' }, '5432'), 5432);
  for (const text of ['0', '65536', '-1', 'postgres']) t.ok(refused({ ...texts, type: 'port' }, text), text);
});

t.test('booleans in all spellings of OCF', async (t) => {
  const spec: ParameterSpec = { ...texts, type: 'boolean', default: false };
  for (const text of ['yes', 'true', '1', 'YES', 'TRUE', 'True', 'ja', 'on', 'ON', 'y'])
    t.equal(good(spec, text), true);
  for (const text of ['no', 'false', '0', 'NO', 'False', 'off', 'OFF', 'n']) t.equal(good(spec, text), false);
  t.ok(refused(spec, 'maybe'));
});

t.test('enumerations', async (t) => {
  const spec: ParameterSpec = { ...texts, type: 'enum', values: ['async', 'sync'], default: 'sync' };
  t.equal(good(spec, 'async'), 'async');
  t.match(parseValue(spec, 'Async'), { ok: false, why: 'must be one of async, sync' });
});

t.test('paths', async (t) => {
  t.equal(good(simple('path'), '/var/lib/pg sql/14-a_b'), '/var/lib/pg sql/14-a_b');
  for (const text of [
    'data',
    './data',
    "/a'b",
    '/a"b',
    '/a\\b',
    '/a`b',
    '/a$b',
    '/a\nb',
    '/a\u0000b',
    '/a\u2028b',
  ]) {
    t.ok(refused(simple('path'), text), showValue(text));
  }
});

t.test('hosts', async (t) => {
  for (const text of ['10.0.0.1', '::1', 'fe80::1%eth0', 'db-1.example.com'])
    t.equal(good(simple('host'), text), text);
  for (const text of ['a b', "a'b", 'a,b', '-a', 'a=b', '/tmp', 'a\nb'])
    t.ok(refused(simple('host'), text), text);
});

t.test('names', async (t) => {
  t.equal(good(simple('name'), 'my db'), 'my db');
  for (const text of ["o'neil", 'a"b', 'a\\b', 'a\tb']) t.ok(refused(simple('name'), text), text);
});

t.test('only a text may have line breaks', async (t) => {
  t.equal(good(simple('text'), 'select\n\t1;'), 'select\n\t1;');
  t.ok(refused(simple('text'), 'a\u0000b'));
  t.equal(good(simple('command'), `cp '/a "b"/%f' $X`), `cp '/a "b"/%f' $X`);
  t.ok(refused(simple('command'), 'a\nb'));
  t.ok(refused(simple('secret'), 'a\rb'));
});

t.test('lists of nodes', async (t) => {
  const spec: ParameterSpec = { ...texts, type: 'nodes' };
  t.same(good(spec, '  db1 db10  DB-2.example '), ['db1', 'db10', 'DB-2.example']);
  t.match(parseValue(spec, 'a b a'), { ok: false, why: /has "a" twice/ });
  t.match(parseValue(spec, 'a,b'), { ok: false, why: /has "a,b", which is no node name/ });
  t.ok(refused(spec, "a'b"));
  t.ok(refused(spec, 'a\nb'));
});

t.test('a check of its own comes last', async (t) => {
  const spec: ParameterSpec = {
    ...texts,
    type: 'path',
    check: (value) => (value === '/' ? 'is the root' : undefined),
  };
  t.match(parseValue(spec, '/'), { ok: false, why: 'is the root' });
  t.ok(refused(spec, "/'"));
  t.equal(good(spec, '/a'), '/a');
});

t.test('whatever is given, there is an answer, and what is accepted has no control characters', async () => {
  const specs = [
    ...(['path', 'name', 'host', 'command', 'secret'] as const).map(simple),
    { ...texts, type: 'nodes' } as const,
  ];
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...specs), (text, spec) => {
      const parsed = parseValue(spec, text);
      return !parsed.ok || !hasControl([parsed.value].flat().join(' '));
    }),
  );
});

t.test('a value is shown on one line, shortened, and without passwords', async (t) => {
  t.equal(showValue("a'b\nc"), '"a\'b\\nc"');
  t.equal(showValue('\u009b31m\u2028'), '"\\u009b31m\\u2028"');
  t.match(showValue('x'.repeat(100)), /^"x{60}\.\.\."$/);
  t.notMatch(showValue('psql "host=n4 password=geheim user=x"'), /geheim/);
  t.notMatch(showValue("password = 'ge heim' user=x"), /heim/);
  t.notMatch(showValue('psql postgresql://me:geheim@n4/db'), /geheim/);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !hasControl(showValue(text))));
});
