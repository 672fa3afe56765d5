import { readFileSync } from 'node:fs';
import t from 'tap';
import { changesBetween } from '../../../../../lib/commands/setup/changes.ts';
import { withFirstPrimary } from '../../../../../lib/commands/setup/first-primary.ts';
import {
  configurationOf,
  emptied,
  merged,
  OWN_CONSTRAINTS,
} from '../../../../../lib/commands/setup/merge.ts';
import { parseXml, type XmlElement } from '../../../../../lib/pacemaker/xml.ts';
import { sameXml, writeXml } from '../../../../../lib/pacemaker/xml-writer.ts';
import { type CibParts, cib, propertySet } from '../../pacemaker/cib-builder.ts';

const tree = (parts: CibParts): XmlElement => {
  const parsed = parseXml(cib(parts));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.root;
};

const vip = (id: string, ip: string): string =>
  `<primitive id="${id}" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="${id}-p"><nvpair id="${id}-ip" name="ip" value="${ip}"/></instance_attributes></primitive>`;
const clone = (inside: string, meta = ''): string =>
  `<clone id="ms"><primitive id="pgsql" class="ocf" provider="pha" type="pgsql">${inside}</primitive><meta_attributes id="ms-m"><nvpair id="ms-m-n" name="notify" value="true"/>${meta}</meta_attributes></clone>`;
const tie = (id: string, a: string, b: string): string =>
  `<rsc_colocation id="${id}" rsc="${a}" with-rsc="${b}" score="INFINITY"/>`;

const DEFINED = {
  resources: clone('') + vip('vip', '10.0.0.1'),
  constraints: tie('vip-with-ms', 'vip', 'ms'),
};

const section = (configuration: XmlElement, tag: string): readonly string[] =>
  configuration.children
    .filter((child) => child.tag === tag)
    .flatMap((child) => child.children)
    .map((each) => each.attributes.get('id') ?? '');

t.test('a definition is carried out on a CIB without resources and status', async (t) => {
  const crmConfig = propertySet('cib-bootstrap-options', { 'cluster-name': 'x' });
  const empty = emptied(tree({ ...DEFINED, crmConfig, defaults: '<tags><tag id="t"/></tags>' }));
  const configuration = configurationOf(empty);
  t.same(
    configuration.children.map(({ tag, children }) => [tag, children.length]),
    [
      ['crm_config', 1],
      ['nodes', 3],
      ['resources', 0],
      ['constraints', 0],
    ],
  );
});

t.test('the same definition again is no change', async (t) => {
  const { configuration, kept, conflicts } = merged(tree(DEFINED), tree(DEFINED));
  t.ok(sameXml(configuration, configurationOf(tree(DEFINED))), writeXml(configuration));
  t.same([kept, conflicts], [[], []]);
  t.same(changesBetween(configurationOf(tree(DEFINED)), configuration), {
    lines: [],
    restarted: [],
    removed: [],
  });
});

t.test('what the definition does not speak of stays', async (t) => {
  const old = tree({
    resources: clone('') + vip('web', '10.0.0.9') + vip('vip', '10.0.0.1'),
    constraints:
      tie('web-with-vip', 'web', 'vip') +
      tie('vip-master-with-primary', 'vip', 'ms') +
      tie('by-hand', 'vip', 'ms') +
      '<rsc_location id="cli-ban-ms-on-node3" rsc="ms" node="node3" score="-INFINITY"/>' +
      '<rsc_location id="cli-ban-gone" rsc="gone" node="node3" score="-INFINITY"/>',
  });
  const { configuration, kept, keptConstraints } = merged(old, tree(DEFINED));
  t.same(section(configuration, 'resources'), ['ms', 'vip', 'web']);
  t.same(section(configuration, 'constraints'), [
    'vip-with-ms',
    'web-with-vip',
    'by-hand',
    'cli-ban-ms-on-node3',
  ]);
  t.same(keptConstraints, ['web-with-vip', 'by-hand']);
  t.same(kept.length, 1);
  t.same(changesBetween(configurationOf(old), configuration).lines, [
    'constraint vip-with-ms is new',
    'constraint vip-master-with-primary is removed',
    'constraint cli-ban-gone is removed',
  ]);
  t.same(changesBetween(configurationOf(old), configuration).removed, [
    'constraint vip-master-with-primary',
    'constraint cli-ban-gone',
  ]);
});

t.test('what is switched off, or unmanaged, stays so', async (t) => {
  const off =
    '<nvpair id="x" name="target-role" value="Stopped"/><nvpair id="y" name="is-managed" value="false"/>';
  const old = tree({ ...DEFINED, resources: clone('', off) + vip('vip', '10.0.0.1') });
  const { configuration } = merged(old, tree(DEFINED));
  t.match(writeXml(configuration), '<nvpair id="ms-m-target-role" name="target-role" value="Stopped"/>');
  t.match(writeXml(configuration), 'name="is-managed" value="false"');
  const started = '<nvpair id="z" name="target-role" value="Started"/>';
  const own = merged(old, tree({ ...DEFINED, resources: clone('', started) })).configuration;
  t.match(writeXml(own), 'name="target-role" value="Started"');
  t.notMatch(writeXml(own), 'Stopped', 'unless the definition itself says otherwise');
});

t.test('a group in whose place the definition has something else', async (t) => {
  const group = (...inside: readonly string[]): string => `<group id="g">${inside.join('')}</group>`;
  const whole = merged(tree({ resources: group(vip('vip', '1')) }), tree(DEFINED));
  t.same([whole.conflicts, section(whole.configuration, 'resources')], [[], ['ms', 'vip']]);
  const others = merged(tree({ resources: group(vip('vip', '1'), vip('mail', '2')) }), tree(DEFINED));
  t.same(others.conflicts, ['g']);
});

t.test('changes, in words', async (t) => {
  const parameters = (pairs: Readonly<Record<string, string>>): string =>
    `<instance_attributes id="i">${Object.entries(pairs)
      .map(([name, value]) => `<nvpair id="i-${name}" name="${name}" value="${value}"/>`)
      .join('')}</instance_attributes>`;
  const of = (parts: CibParts): XmlElement => configurationOf(tree(parts));
  const { lines, restarted } = changesBetween(
    of({
      resources: clone(parameters({ pgport: '5432', primary_conninfo_opt: 'password=old', a: '1' })),
      crmConfig: propertySet('o', { 'stonith-enabled': 'true' }),
    }),
    of({
      resources: clone(parameters({ pgport: '5433', primary_conninfo_opt: 'password=new', b: '2' })),
      crmConfig: propertySet('o', { 'stonith-enabled': 'false' }),
    }),
  );
  t.same(lines, [
    'property stonith-enabled: true -> false',
    'resource pgsql: pgport: 5432 -> 5433',
    'resource pgsql: primary_conninfo_opt changed',
    'resource pgsql: a removed (was 1)',
    'resource pgsql: b=2',
  ]);
  t.same(restarted, ['pgsql']);
});

t.test('what the agent takes over without a restart', async (t) => {
  const database = (nodes: string, type = 'pgsql', version = '2.1.5-a3f44794f94'): XmlElement =>
    configurationOf(
      tree({
        resources: `<primitive id="db" class="ocf" provider="pha" type="${type}"><instance_attributes id="i"><nvpair id="n" name="node_list" value="${nodes}"/></instance_attributes></primitive>`,
        crmConfig: version === '' ? '' : propertySet('cib-bootstrap-options', { 'dc-version': version }),
      }),
    );
  t.same(changesBetween(database('node1 node2'), database('node1 node2 node3')), {
    lines: ['resource db: node_list: "node1 node2" -> "node1 node2 node3"'],
    removed: [],
    restarted: [],
  });
  t.same(changesBetween(database('a', 'other'), database('b', 'other')).restarted, ['db']);
  const versions: readonly (readonly [version: string, restarts: boolean])[] = [
    ['1.1.24-8.el7', true],
    ['2.0.5-ba59be7122', true],
    ['2.1.0-8.el8', false],
    ['2.10.0', false],
    ['3.0.0-1', false],
    ['unknown', true],
    ['', true],
  ];
  for (const [version, restarts] of versions) {
    const [old, now] = [database('a', 'pgsql', version), database('b', 'pgsql', version)];
    t.same(changesBetween(old, now).restarted, restarts ? ['db'] : [], `Pacemaker ${version}`);
  }
});

t.test('no difference is overlooked', async (t) => {
  const [a, b] = [vip('a', '1'), vip('b', '2')];
  const group = (inside: string): string => `<group id="g">${inside}</group>`;
  const used = (cpu: number): string =>
    `<utilization id="u"><nvpair id="uc" name="cpu" value="${cpu}"/></utilization>`;
  const ruled = (node: string): string =>
    `<instance_attributes id="r"><rule id="rr" score="1"><expression id="re" attribute="#uname" operation="eq" value="${node}"/></rule><nvpair id="rx" name="x" value="1"/></instance_attributes>`;
  const cases: readonly (readonly [before: string, after: string, lines: readonly string[]])[] = [
    [group(a + b), group(b + a), ['resource g: members a, b -> b, a']],
    [group(a + b), group(a) + b, ['resource g: members a, b -> a']],
    [clone(used(1)), clone(used(2)), ['resource pgsql: utilization cpu: 1 -> 2']],
    [clone(ruled('node1')), clone(ruled('node2')), ['resource pgsql: other details changed']],
    [a + b, b + a, []],
  ];
  for (const [before, after, expected] of cases) {
    const [old, now] = [tree({ resources: before }), tree({ resources: after })].map(configurationOf);
    t.same(old && now && changesBetween(old, now).lines, expected, String(expected));
  }
  const property = (value: string): XmlElement =>
    configurationOf(
      tree({
        crmConfig: `<cluster_property_set id="p"><rule id="pr" score="${value}"/></cluster_property_set>`,
      }),
    );
  t.same(changesBetween(property('1'), property('2')).lines, ['crm_config changes in its details']);
});

t.test("the templates' own constraints are known by name", async (t) => {
  for (const name of ['dual', 'muti', 'muti_with_lvs']) {
    const text = readFileSync(`templates/${name}/${name}.pcs.template`, 'utf8');
    const ids = [...text.matchAll(/^pcs constraint (?:[^\n]|\\\n)*? id=(\S+)/gm)].map(([, id]) => id ?? '');
    t.equal(ids.length, text.match(/^pcs constraint/gm)?.length, name);
    for (const id of ids) t.ok(OWN_CONSTRAINTS.includes(id), id);
  }
});

t.test('the record of the first primary', async (t) => {
  const before = configurationOf(tree({ crmConfig: propertySet('cib-bootstrap-options', { a: 'b' }) }));
  const once = withFirstPrimary(before, 'pgsql', 'node2');
  t.match(
    writeXml(once),
    /<cluster_property_set id="pgsql_replication">\s*<nvpair id="pgsql_replication-pgsql_REPL_INFO" name="pgsql_REPL_INFO" value="node2\|0\|0000000000000000"\/>/,
  );
  t.ok(sameXml(withFirstPrimary(withFirstPrimary(before, 'pgsql', 'node1'), 'pgsql', 'node2'), once));
});
