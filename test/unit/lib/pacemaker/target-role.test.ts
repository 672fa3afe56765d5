import t from 'tap';
import { parseResourceTree, topOf } from '../../../../lib/pacemaker/resource-tree.ts';
import { type TargetRole, targetRolePatch } from '../../../../lib/pacemaker/target-role.ts';
import { cib } from './cib-builder.ts';

const meta = (id: string, role?: string, rule = ''): string =>
  `<meta_attributes id="${id}">${rule}${role === undefined ? '' : `<nvpair id="${id}-r" name="target-role" value="${role}"/>`}</meta_attributes>`;

const clone = (own: string, inner = ''): string =>
  `<clone id="ms">${own}<primitive id="pgsql" class="ocf" provider="pha" type="pgsql">${inner}</primitive></clone>`;

function patch(resources: string, role: TargetRole, defaults = ''): string | undefined {
  const parsed = parseResourceTree(cib({ resources, defaults }));
  if (!parsed.ok) throw new Error(parsed.reason);
  const top = topOf(parsed.tree, 'pgsql');
  return targetRolePatch(parsed.tree, top === undefined ? [] : [top], role);
}

const changing = (content: string): string =>
  `<cib><configuration><resources>${content}</resources></configuration></cib>`;
const pair = (set: string, id: string, value: string): string =>
  `<meta_attributes id="${set}"><nvpair id="${id}" name="target-role" value="${value}"/></meta_attributes>`;

t.test('switched off: where pcs would write it', async (t) => {
  const written = pair('ms-meta_attributes', 'ms-meta_attributes-target-role', 'Stopped');
  t.equal(patch(clone(''), 'Stopped'), changing(`<clone id="ms">${written}</clone>`));
  t.equal(
    patch(clone(meta('m')), 'Stopped'),
    changing(`<clone id="ms">${pair('m', 'm-target-role', 'Stopped')}</clone>`),
    'a set that is there is used',
  );
});

t.test('switched on and off: every place that there is, since the innermost decides', async (t) => {
  const inside = `<primitive id="pgsql">${pair('p', 'p-r', 'Started')}</primitive>`;
  t.equal(
    patch(clone(meta('m', 'Stopped'), meta('p', 'Unpromoted')), 'Started'),
    changing(`<clone id="ms">${pair('m', 'm-r', 'Started')}${inside}</clone>`),
  );
  t.equal(
    patch(clone(meta('m', 'stopped'), meta('p', 'Started')), 'Stopped'),
    changing(`<clone id="ms"><primitive id="pgsql">${pair('p', 'p-r', 'Stopped')}</primitive></clone>`),
    'only what differs',
  );
});

t.test('nothing to change', async (t) => {
  t.equal(patch(clone(''), 'Started'), undefined, 'on is what a resource is');
  t.equal(patch(clone(meta('m', 'Started')), 'Started'), undefined);
  t.equal(patch(clone(meta('m', 'Stopped')), 'Stopped'), undefined);
});

t.test('switched on against a default', async (t) => {
  const off = `<rsc_defaults>${meta('d', 'Stopped')}</rsc_defaults>`;
  const written = pair('ms-meta_attributes', 'ms-meta_attributes-target-role', 'Started');
  t.equal(patch(clone(''), 'Started', off), changing(`<clone id="ms">${written}</clone>`));
});

t.test('a set that holds only at times is left alone', async (t) => {
  const rule = '<rule id="r" score="0"><date_expression id="e" operation="date_spec"/></rule>';
  t.equal(patch(clone(meta('m', 'Stopped', rule)), 'Started'), undefined);
});
