import t from 'tap';
import {
  idOf,
  parseResourceTree,
  primitivesIn,
  type ResourceTree,
  topOf,
  withDependents,
} from '../../../../lib/pacemaker/resource-tree.ts';
import { cib } from './cib-builder.ts';

const primitive = (id: string): string => `<primitive id="${id}" class="ocf" provider="p" type="t"/>`;

const RESOURCES = `
  <clone id="msPostgresql">${primitive('pgsql')}</clone>
  ${['vip-master', 'vip-slave', 'lvsdr', 'filesystem', 'other'].map(primitive).join('')}
  <group id="web">${primitive('site')}${primitive('site-ip')}</group>`;

function tree(constraints = '', defaults = ''): ResourceTree {
  const parsed = parseResourceTree(cib({ resources: RESOURCES, constraints, defaults }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.tree;
}

const colocation = (rsc: string, withRsc: string, score = 'INFINITY'): string =>
  `<rsc_colocation id="c-${rsc}-${withRsc}" rsc="${rsc}" with-rsc="${withRsc}" score="${score}"/>`;
const order = (first: string, then: string): string =>
  `<rsc_order id="o-${first}-${then}" first="${first}" then="${then}"/>`;
const dependents = (constraints: string, of = 'pgsql'): readonly string[] =>
  withDependents(tree(constraints), of).map(idOf);

t.test('what stands at the top, found by any name in it', async (t) => {
  const top = topOf(tree(), 'site-ip');
  t.equal(top && idOf(top), 'web');
  t.same(top && primitivesIn(top), ['site', 'site-ip']);
  t.equal(topOf(tree(), 'nothing'), undefined);
  const vip = topOf(tree(), 'vip-master');
  t.same(vip && primitivesIn(vip), ['vip-master']);
});

t.test('what depends on the database', async (t) => {
  t.same(dependents(''), ['msPostgresql']);
  t.same(dependents('', 'unknown'), []);
  t.same(
    dependents(colocation('vip-master', 'msPostgresql') + order('msPostgresql', 'vip-master')),
    ['msPostgresql', 'vip-master'],
    'by colocation and by order, once',
  );
  t.same(
    dependents(colocation('lvsdr', 'vip-slave') + colocation('vip-slave', 'msPostgresql', '1000')),
    ['msPostgresql', 'vip-slave', 'lvsdr'],
    'through another',
  );
  t.same(dependents(order('msPostgresql', 'site')), ['msPostgresql', 'web'], 'a member of a group');
});

t.test('not what it depends on, what is kept apart from it, or what is not there', async (t) => {
  t.same(dependents(order('filesystem', 'msPostgresql') + order('filesystem', 'other')), ['msPostgresql']);
  t.same(dependents(colocation('other', 'msPostgresql', '-INFINITY')), ['msPostgresql']);
  t.same(dependents(colocation('gone', 'msPostgresql')), ['msPostgresql']);
  t.same(dependents('<rsc_location id="l" rsc="msPostgresql" node="node1" score="1"/>'), ['msPostgresql']);
});

t.test('all of a set', async (t) => {
  const set =
    '<resource_set id="s"><resource_ref id="vip-master"/><resource_ref id="msPostgresql"/></resource_set>';
  t.same(dependents(`<rsc_order id="o">${set}</rsc_order>`), ['msPostgresql', 'vip-master']);
  t.same(dependents(`<rsc_colocation id="c">${set}</rsc_colocation>`), ['msPostgresql', 'vip-master']);
});

t.test('anything else gives a reason', async (t) => {
  t.equal(parseResourceTree('').ok, false);
  t.equal(parseResourceTree('<cib/>').ok, false);
});
