import t from 'tap';
import { formatLockId, parseLockId, tableOf } from '../../../../lib/distlock/lock-id.ts';

const parse = (text: string) => {
  const result = parseLockId(text);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
};

t.test('as the original writes it', async (t) => {
  t.same(parse('distlock:pgsql_cls1'), { schema: undefined, table: 'distlock', name: 'pgsql_cls1' });
  t.same(parse('pgsql_cls1'), { schema: undefined, table: 'distlock', name: 'pgsql_cls1' });
  t.same(parse('HA.Locks:a:b c'), { schema: 'ha', table: 'locks', name: 'a:b c' });
  t.equal(tableOf(parse('ha.locks:1'), '_history'), '"ha"."locks_history"');
  t.equal(formatLockId(parse('ha.locks:1')), 'ha.locks:1');
  t.equal(formatLockId(parse('1')), 'distlock:1');
});

t.test('what is refused', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /is empty/],
    ['distlock:', /is empty/],
    [':x', /":x" does not begin with the name of a table/],
    ['a b:x', /name of a table/],
    ['a.b.c:x', /name of a table/],
    ['dist;drop table x:x', /name of a table/],
    [`${'x'.repeat(41)}:x`, /name of a table/],
    ["distlock:it's", /has a quote/],
    ['distlock:a\\b', /backslash/],
    ['distlock:a\nb', /control character/],
    [`distlock:${'x'.repeat(201)}`, /more than 200/],
  ];
  for (const [text, reason] of cases) t.match(parseLockId(text), { ok: false, reason }, text);
});
