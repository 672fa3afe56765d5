import t from 'tap';
import { type ClusterView, parseCib } from '../../../../lib/pacemaker/view.ts';
import { cib, instanceSet, nodeState, propertySet } from './cib-builder.ts';

function view(xml: string): ClusterView {
  const parsed = parseCib(xml);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.view;
}

t.test('membership of Pacemaker 2.0 to 2.1.6', async (t) => {
  const { nodes, dc, haveQuorum } = view(
    cib({
      status:
        nodeState('1', 'node1', 'in_ccm="true" crmd="online"', { 'master-pgsql': '-INFINITY' }) +
        nodeState('2', 'node2', 'in_ccm="true" crmd="offline"') +
        nodeState('3', 'node3', 'in_ccm="false" crmd="offline"'),
    }),
  );
  t.equal(dc, 'node1');
  t.equal(haveQuorum, true);
  t.match(nodes.get('node1'), { id: '1', member: true, online: true });
  t.equal(nodes.get('node1')?.transient.get('master-pgsql'), '-INFINITY');
  t.match(nodes.get('node2'), { member: true, online: false });
  t.match(nodes.get('node3'), { member: false, online: false });
});

t.test('membership as times, as Pacemaker 2.1.7 and 3.0 write it', async (t) => {
  const { nodes } = view(
    cib({
      status:
        nodeState('1', 'node1', 'in_ccm="1763683200" crmd="1763683201"') +
        nodeState('2', 'node2', 'in_ccm="1763683200" crmd="0"') +
        nodeState('3', 'node3', 'in_ccm="0" crmd="0"'),
    }),
  );
  t.match(nodes.get('node1'), { member: true, online: true });
  t.match(nodes.get('node2'), { member: true, online: false });
  t.match(nodes.get('node3'), { member: false, online: false });
});

t.test('without quorum and without a DC', async (t) => {
  const { dc, haveQuorum } = view(cib({ root: 'have-quorum="0"' }));
  t.equal(dc, undefined);
  t.equal(haveQuorum, false);
});

t.test('a configured node that was never seen is there, and not a member', async (t) => {
  t.match(view(cib()).nodes.get('node2'), { member: false, online: false });
});

t.test('remote and guest nodes are no members', async (t) => {
  const { nodes } = view(
    cib({
      nodes: '<node id="1" uname="node1"/><node id="r1" type="remote" uname="r1"/>',
      status:
        nodeState('1', 'node1', 'in_ccm="true" crmd="online"') +
        nodeState('r1', 'r1', 'remote_node="true" in_ccm="true"') +
        nodeState('guest', 'guest', 'remote_node="true"'),
    }),
  );
  t.match(nodes.get('r1'), { remote: true, member: false, online: false });
  t.match(nodes.get('guest'), { remote: true, member: false, online: false });
  t.match(nodes.get('node1'), { remote: false, member: true });
});

t.test('a node whose name is the beginning of another, and one in upper case', async (t) => {
  const { nodes } = view(
    cib({
      nodes: '<node id="1" uname="db1"/><node id="10" uname="db10"/><node id="11" uname="DB1"/>',
      status:
        nodeState('10', 'db10', 'in_ccm="true" crmd="online"', { 'pgsql-status': 'PRI' }) +
        nodeState('1', 'db1', 'in_ccm="true" crmd="online"', { 'pgsql-status': 'HS:sync' }),
    }),
  );
  t.equal(nodes.get('db1')?.transient.get('pgsql-status'), 'HS:sync');
  t.equal(nodes.get('db10')?.transient.get('pgsql-status'), 'PRI');
  t.equal(nodes.get('DB1')?.member, false);
});

t.test('the state of a replaced machine does not speak for the new one', async (t) => {
  const { nodes } = view(
    cib({
      nodes: '<node id="7" uname="node1"/>',
      status:
        nodeState('1', 'node1', 'in_ccm="false" crmd="offline"', { 'pgsql-status': 'PRI' }) +
        nodeState('7', 'node1', 'in_ccm="true" crmd="online"', { 'pgsql-status': 'HS:alone' }),
    }),
  );
  t.equal(nodes.get('node1')?.id, '7');
  t.equal(nodes.get('node1')?.transient.get('pgsql-status'), 'HS:alone');
});

t.test('options: defaults, several sets, Pacemaker booleans', async (t) => {
  const defaults = view(cib());
  t.match(defaults, { stonithEnabled: true, noQuorumPolicy: 'stop', maintenanceMode: false });
  const set = view(
    cib({
      crmConfig:
        propertySet('low', { 'no-quorum-policy': 'ignore', pgsql_REPL_INFO: 'low' }, 1) +
        propertySet('high', { pgsql_REPL_INFO: 'node1|1|00000000050001B0' }, 9) +
        propertySet('cib-bootstrap-options', {
          'stonith-enabled': 'Off',
          'maintenance-mode': 'YES',
          'no-quorum-policy': 'freeze',
        }),
    }),
  );
  t.match(set, { stonithEnabled: false, noQuorumPolicy: 'freeze', maintenanceMode: true });
  t.equal(set.properties.get('pgsql_REPL_INFO'), 'node1|1|00000000050001B0');
  t.same(
    set.propertyPlaces.get('pgsql_REPL_INFO')?.map((place) => place.setId),
    ['high', 'low'],
  );
});

t.test('sets with a rule apply only at times, and are left alone', async (t) => {
  const { properties } = view(
    cib({
      crmConfig: `<cluster_property_set id="night"><rule id="r" boolean-op="and"/><nvpair id="n" name="maintenance-mode" value="true"/></cluster_property_set>`,
    }),
  );
  t.equal(properties.has('maintenance-mode'), false);
});

t.test('permanent attributes, node standby and maintenance', async (t) => {
  const { nodes } = view(
    cib({
      nodes: `<node id="1" uname="node1">${instanceSet('nodes-1', { standby: 'on', 'pgsql-data-status': 'STREAMING|SYNC' })}${instanceSet('other', { maintenance: 'true', standby: 'off' })}</node>`,
    }),
  );
  t.match(nodes.get('node1'), { standby: true, maintenance: true });
  t.equal(nodes.get('node1')?.permanent.get('pgsql-data-status'), 'STREAMING|SYNC');
});

t.test('values are unescaped', async (t) => {
  const { properties } = view(
    cib({ crmConfig: propertySet('s', { a: '&lt;&amp;amp;&quot;&#10;&#x4e2d;&apos;&unknown;' }) }),
  );
  t.equal(properties.get('a'), '<&amp;"\n中\'&unknown;');
});

t.test('what looks like markup inside comments, values and resources', async (t) => {
  const { nodes } = view(
    cib({
      crmConfig: '<!-- <resources> <lrm -->',
      resources:
        '<primitive id="p" x="a > b"><instance_attributes id="p-i"><nvpair id="p-a" name="a" value="&lt;/resources>"/></instance_attributes></primitive>',
      status: nodeState('1', 'node1', 'in_ccm="true" crmd="online"'),
    }),
  );
  t.equal(nodes.get('node1')?.online, true);
});

t.test('anything else gives a reason', async (t) => {
  const whole = cib();
  for (const text of [
    '',
    'Call failed: No such device',
    '<pacemaker-result/>',
    '<cib/>',
    '<cib',
    whole.slice(0, -20),
  ]) {
    const parsed = parseCib(text);
    t.equal(parsed.ok, false, JSON.stringify(text.slice(0, 40)));
  }
});

t.test('a CIB of 1 MB costs a few milliseconds', async (t) => {
  const history =
    '<lrm_resource id="r" class="ocf" type="pgsql"><lrm_rsc_op id="r" rc-code="0"/></lrm_resource>';
  const status = Array.from({ length: 9 }, (_, i) =>
    nodeState(`${i}`, `node${i}`, 'in_ccm="true" crmd="online"').replace(
      '<lrm_resources/>',
      `<lrm_resources>${history.repeat(1200)}</lrm_resources>`,
    ),
  ).join('');
  const xml = cib({ status });
  t.ok(xml.length > 1_000_000);
  // Of the processor, not of the clock: others may be at work here.
  const before = process.cpuUsage();
  t.equal(view(xml).nodes.size, 9);
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 50_000, `took ${(user + system) / 1000} ms`);
});
