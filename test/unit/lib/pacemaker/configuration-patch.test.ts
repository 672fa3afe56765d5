import t from 'tap';
import { configurationPatch } from '../../../../lib/pacemaker/configuration-patch.ts';
import { type ClusterView, parseCib } from '../../../../lib/pacemaker/view.ts';
import { cib, instanceSet, nodeState, propertySet } from './cib-builder.ts';

function view(xml: string): ClusterView {
  const parsed = parseCib(xml);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.view;
}

t.test('new ones get the ids that crm_attribute gives', async (t) => {
  const { xml: patch } = configurationPatch(
    {
      permanent: [{ node: 'node2', name: 'pgsql-data-status', value: 'STREAMING|SYNC' }],
      properties: [{ set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: 'node1|1|00000000050001B0' }],
    },
    view(cib()),
  );
  t.equal(
    patch,
    '<cib><configuration><crm_config><cluster_property_set id="pgsql_replication">' +
      '<nvpair id="pgsql_replication-pgsql_REPL_INFO" name="pgsql_REPL_INFO" value="node1|1|00000000050001B0"/>' +
      '</cluster_property_set></crm_config>' +
      '<nodes><node id="2"><instance_attributes id="nodes-2">' +
      '<nvpair id="nodes-2-pgsql-data-status" name="pgsql-data-status" value="STREAMING|SYNC"/>' +
      '</instance_attributes></node></nodes></configuration></cib>',
  );
});

t.test('existing ones are changed wherever they stand', async (t) => {
  const { xml: patch } = configurationPatch(
    {
      permanent: [{ node: 'node1', name: 'pgsql-data-status', value: 'LATEST' }],
      properties: [{ set: 'pgsql_replication', name: 'pgsql_REPL_INFO', value: 'new' }],
    },
    view(
      cib({
        nodes: `<node id="1" uname="node1">${instanceSet('own', { 'pgsql-data-status': 'DISCONNECT' })}</node>`,
        crmConfig:
          propertySet('cib-bootstrap-options', { pgsql_REPL_INFO: 'old' }) +
          propertySet('pgsql_replication', { pgsql_REPL_INFO: 'older' }),
      }),
    ),
  );
  t.match(patch, '<instance_attributes id="own"><nvpair id="own-pgsql-data-status"');
  t.notMatch(patch, 'nodes-1');
  t.match(patch, 'id="cib-bootstrap-options-pgsql_REPL_INFO" name="pgsql_REPL_INFO" value="new"');
  t.match(patch, 'id="pgsql_replication-pgsql_REPL_INFO" name="pgsql_REPL_INFO" value="new"');
});

t.test('nothing escapes from a value or a name', async (t) => {
  const { xml: patch } = configurationPatch(
    { permanent: [], properties: [{ set: 's', name: 'a:b', value: '"/><evil x="&' }] },
    view(cib()),
  );
  t.notMatch(patch, '<evil');
  t.match(patch, 'id="s-a.b" name="a:b"');
});

t.test('a node that is not there is a mistake of the caller', async (t) => {
  t.throws(
    () =>
      configurationPatch(
        { permanent: [{ node: 'node9', name: 'a', value: 'b' }], properties: [] },
        view(cib()),
      ),
    /no node node9/,
  );
});

const at41 = (featureSets: readonly string[] = []): ClusterView =>
  view(
    cib({
      status: featureSets
        .map((version, index) =>
          nodeState(`${index + 1}`, `node${index + 1}`, 'in_ccm="true" crmd="online"', {
            '#feature-set': version,
          }),
        )
        .join(''),
    }).replace('admin_epoch="0"', 'admin_epoch="41"'),
  );
const ranked = (rank: number) => ({ permanent: [], properties: [{ set: 's', name: 'a', value: 'b' }], rank });

t.test('a record is for a CIB of the admin_epoch from which it was decided', async (t) => {
  const raising = configurationPatch(ranked(1), at41());
  t.match(raising.xml, '<cib admin_epoch="42"><configuration>', 'and raises that');
  t.equal(raising.onlyAt, "/cib[@admin_epoch='41']");
  const other = configurationPatch(ranked(0), at41());
  t.match(other.xml, /^<configuration>/, 'or leaves it');
  t.equal(other.onlyAt, "/cib[@admin_epoch='41']");
  t.notHas(
    configurationPatch({ permanent: [], properties: [] }, at41()),
    { onlyAt: String },
    'what is none is for any',
  );
});

const FEATURE_SETS: readonly (readonly [string, readonly string[], boolean])[] = [
  ['2.1.4, which does not say', [], true],
  ['2.1.5', ['3.16.2', '3.16.2'], true],
  ['3.0.0', ['3.20.0', '3.20.0'], true],
  ['3.0.1 on one node', ['3.20.0', '3.20.1'], false],
  ['a later one', ['3.100.0'], false],
  ['Pacemaker 4', ['4.0.0'], false],
];
for (const [what, featureSets, isTaken] of FEATURE_SETS) {
  t.test(`Pacemaker ${what}: a whole <cib> ${isTaken ? 'may' : 'may not'} come with an XPath`, async (t) => {
    const raising = configurationPatch(ranked(1), at41(featureSets));
    t.equal(raising.onlyAt !== undefined, isTaken);
    t.match(raising.xml, '<cib admin_epoch="42">');
    t.ok(configurationPatch(ranked(0), at41(featureSets)).onlyAt, 'and the configuration always may');
  });
}
