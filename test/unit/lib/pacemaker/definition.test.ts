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
