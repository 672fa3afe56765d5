import t from 'tap';
import { parseDefinition, parseInterval } from '../../../../lib/pacemaker/definition.ts';
import { cib } from './cib-builder.ts';

t.test('intervals', async (t) => {
  const rows = [
    ['3', 3000],
    ['3s', 3000],
    ['3000ms', 3000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['PT5S', 5000],
    ['0', 0],
    ['soon', undefined],
    ['', undefined],
  ] as const;
  for (const [text, wanted] of rows) t.equal(parseInterval(text), wanted, text);
});

t.test('operations and locations', async (t) => {
  const parsed = parseDefinition(
    cib({
      resources:
        '<clone id="ms"><primitive id="pgsql"><operations><op id="a" name="monitor" interval="3s" timeout="60s" role="Promoted"/><op id="b" name="start" interval="0s"/></operations></primitive></clone><primitive id="bare"/>',
      constraints:
        '<rsc_location id="cli-ban-x" rsc="ms" node="node1" score="-INFINITY"/><rsc_location id="ruled" rsc="ms"><rule id="r" score="1"/></rsc_location>',
    }),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  t.strictSame(parsed.definition.operations.get('pgsql'), [
    { name: 'monitor', intervalMs: 3000, timeoutMs: 60_000, role: 'Promoted' },
    { name: 'start', intervalMs: 0 },
  ]);
  t.strictSame(parsed.definition.operations.get('bare'), []);
  t.strictSame(parsed.definition.locations, [
    { id: 'cli-ban-x', resource: 'ms', node: 'node1', score: '-INFINITY' },
  ]);
});

t.test('no CIB', async (t) => {
  t.match(parseDefinition('<html/>'), { ok: false });
  t.match(parseDefinition(''), { ok: false });
});

t.test('places and orders, in groups and sets too', async (t) => {
  const parsed = parseDefinition(
    cib({
      resources: '<group id="reads"><primitive id="lvsdr"/><primitive id="vip"/></group>',
      constraints: `<rsc_colocation id="c" rsc="lvsdr" with-rsc="vip" score="INFINITY"/>
        <rsc_colocation id="s" score="100"><resource_set id="s1"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_colocation>
        <rsc_order id="o" first="lvsdr" then="vip"/>
        <rsc_order id="p"><resource_set id="p1" sequential="false"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="p2"><resource_ref id="c"/></resource_set></rsc_order>`,
    }),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  const { colocations, orders, groups } = parsed.definition;
  t.strictSame(groups, new Map([['reads', ['lvsdr', 'vip']]]));
  t.strictSame(colocations, [
    { id: 'c', resource: 'lvsdr', with: 'vip', score: 'INFINITY' },
    { id: 's', resource: 'b', with: 'a', score: '100' },
  ]);
  t.strictSame(
    orders.map(({ id, first, next }) => `${id}: ${first} ${next}`),
    ['o: lvsdr vip', 'p: a c', 'p: b c'],
  );
});
