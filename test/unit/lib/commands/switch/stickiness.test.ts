import t from 'tap';
import { decideSwitch } from '../../../../../lib/commands/switch/decide.ts';
import { parseResourceTree } from '../../../../../lib/pacemaker/resource-tree.ts';
import { snapshot } from '../status/builders.ts';

const meta = (id: string, value?: string): string =>
  value === undefined
    ? ''
    : `<meta_attributes id="${id}-m"><nvpair id="${id}-s" name="resource-stickiness" value="${value}"/></meta_attributes>`;

const decide = (own?: string, vip?: string, defaults?: string) => {
  const parsed = parseResourceTree(
    `<cib><configuration><resources><clone id="msPostgresql"><primitive id="pgsql">${meta('p', own)}</primitive></clone>
     <primitive id="vip-master">${meta('v', vip)}</primitive><primitive id="other">${meta('o', 'INFINITY')}</primitive></resources>
     <constraints><rsc_colocation id="c" rsc="vip-master" with-rsc="msPostgresql" with-rsc-role="Master" score="INFINITY"/></constraints>
     <rsc_defaults>${meta('d', defaults)}</rsc_defaults></configuration></cib>`,
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  return decideSwitch(snapshot(), 'node2', parsed.tree);
};

t.test('stickiness that holds the primary is refused, and named', async (t) => {
  t.match(decide('500'), { kind: 'refused', code: 10, sentence: /\(pgsql 500\)/ });
  t.match(decide('250', '250'), { kind: 'refused', sentence: /\(pgsql 250, vip-master 250\)/ });
  t.match(decide(undefined, 'INFINITY'), { kind: 'refused', sentence: /\(vip-master INFINITY\)/ });
  t.match(decide('1', undefined, '1000'), {
    kind: 'refused',
    sentence: /pgsql 1, vip-master 1000 \(rsc_defaults\)/,
  });
});

t.test('less of it lets the primary go, and that of other resources does not count', async (t) => {
  for (const [own, vip, defaults] of [[], ['450'], ['1', '1', '1000'], [undefined, undefined, '1']])
    t.equal(decide(own, vip, defaults).kind, 'plan');
});
