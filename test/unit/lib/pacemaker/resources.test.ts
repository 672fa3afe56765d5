import t from 'tap';
import { type PrimitiveConfig, parsePrimitives } from '../../../../lib/pacemaker/resources.ts';
import { cib, instanceSet } from './cib-builder.ts';

function primitives(resources: string): readonly PrimitiveConfig[] {
  const parsed = parsePrimitives(cib({ resources }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.primitives;
}

const meta = (id: string, name: string, value: string): string =>
  `<meta_attributes id="${id}"><nvpair id="${id}-${name}" name="${name}" value="${value}"/></meta_attributes>`;

const pgsql = (inner = ''): string =>
  `<primitive id="pgsql" class="ocf" provider="pha" type="pgsql">${inner}</primitive>`;

t.test('a promotable clone, as pcs writes it', async (t) => {
  const [primitive] = primitives(
    `<clone id="msPostgresql">${pgsql(instanceSet('pgsql-i', { rep_mode: 'sync', pgdata: '/a &lt; b' }))}${meta('m', 'promotable', 'true')}</clone>`,
  );
  t.match(primitive, {
    id: 'pgsql',
    provider: 'pha',
    type: 'pgsql',
    clone: { id: 'msPostgresql', promotable: true },
  });
  t.equal(primitive?.parameters.get('rep_mode'), 'sync');
  t.equal(primitive?.parameters.get('pgdata'), '/a < b');
});

t.test('how often it is looked at, by its own operations and those of its template', async (t) => {
  const op = (id: string, interval: string, role = ''): string =>
    `<operations><op id="${id}" name="monitor" interval="${interval}"${role}/></operations>`;
  const [primitive] = primitives(
    `<template id="tpl" class="ocf" provider="pha" type="pgsql">${op('t', '4s')}</template>
     <primitive id="pgsql" template="tpl">${op('o', '3s', ' role="Promoted"')}</primitive>`,
  );
  t.same(primitive?.operations, [
    { name: 'monitor', intervalMs: 3_000, role: 'Promoted' },
    { name: 'monitor', intervalMs: 4_000 },
  ]);
});

t.test('<master> of old clusters', async (t) => {
  t.match(primitives(`<master id="msPostgresql">${pgsql()}</master>`)[0]?.clone, { promotable: true });
});

t.test('a plain primitive, in a group too', async (t) => {
  const [primitive] = primitives(`<group id="g">${pgsql(meta('m', 'target-role', 'Stopped'))}</group>`);
  t.equal(primitive?.clone, undefined);
  t.equal(primitive?.meta.get('target-role'), 'Stopped');
});

t.test('what the primitive sets comes before its template and its clone', async (t) => {
  const [primitive] = primitives(
    `<template id="tpl" class="ocf" provider="pha" type="pgsql">${instanceSet('t-i', { pgport: '1', pgdb: 'a' })}</template>
     <clone id="c"><primitive id="pgsql" template="tpl">${instanceSet('p-i', { pgport: '2' })}${meta('pm', 'x', 'own')}</primitive>${meta('cm', 'x', 'clone')}</clone>`,
  );
  t.match(primitive, { standard: 'ocf', provider: 'pha', type: 'pgsql' });
  t.equal(primitive?.parameters.get('pgport'), '2');
  t.equal(primitive?.parameters.get('pgdb'), 'a');
  t.equal(primitive?.meta.get('x'), 'own');
});

t.test('anything else gives a reason', async (t) => {
  t.equal(parsePrimitives('').ok, false);
  t.equal(parsePrimitives('<cib/>').ok, false);
});
