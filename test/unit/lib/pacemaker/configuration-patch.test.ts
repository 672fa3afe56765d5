import t from 'tap';
import { configurationPatch } from '../../../../lib/pacemaker/configuration-patch.ts';
import { type ClusterView, parseCib } from '../../../../lib/pacemaker/view.ts';
import { cib, instanceSet, propertySet } from './cib-builder.ts';

function view(xml: string): ClusterView {
  const parsed = parseCib(xml);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.view;
}

t.test('new ones get the ids that crm_attribute gives', async (t) => {
  const patch = configurationPatch(
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
  const patch = configurationPatch(
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
  const patch = configurationPatch(
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

t.test('a change that supersedes raises the first part of the version', async (t) => {
  const patch = configurationPatch(
    { permanent: [], properties: [{ set: 's', name: 'a', value: 'b' }], raiseAdminEpochBy: 1 },
    view(cib().replace('admin_epoch="0"', 'admin_epoch="41"')),
  );
  t.match(patch, '<cib admin_epoch="42"><configuration>');
  const conditional = configurationPatch(
    { permanent: [], properties: [{ set: 's', name: 'a', value: 'b' }], unlessOutranked: true },
    view(cib().replace('admin_epoch="0"', 'admin_epoch="41"')),
  );
  t.match(conditional, '<cib admin_epoch="41"><configuration>', 'or holds on to the one that was seen');
});
