import t from 'tap';
import { parseCrmMon, promotedNode, startedNode, unpromotedNodes } from '../../../lab/observe/crm-mon.ts';
import { trouble } from '../../../lab/observe/health.ts';
import { completeOptions } from '../../../lab/options.ts';

interface Picture {
  readonly primary?: string;
  readonly standbyState?: string;
  readonly vip?: string;
  readonly offline?: string;
  readonly failed?: boolean;
}

const names = ['node1', 'node2', 'node3'];

/** As Pacemaker 2.1.5 prints a healthy cluster, unless told otherwise. */
const picture = ({
  primary = 'node1',
  standbyState = 'STREAMING|SYNC',
  vip = primary,
  offline,
  failed = false,
}: Picture = {}): string => `
<pacemaker-result api-version="2.25" request="crm_mon --output-as=xml">
  <summary><stack type="corosync"/>
    <current_dc present="true" version="2.1.5-a3f44794f94" name="node2" id="2" with_quorum="true"/></summary>
  <nodes>${names.map((name, index) => `<node name="${name}" id="${index + 1}" online="${name !== offline}" standby="false" maintenance="false" pending="false" is_dc="false"/>`).join('')}</nodes>
  <resources>
    <clone id="msPostgresql" multi_state="true" unique="false" managed="true" failed="false">
      ${names.map((name) => `<resource id="pgsql" resource_agent="ocf:pha:pgsql" role="${name === primary ? 'Promoted' : 'Unpromoted'}" active="true" orphaned="false" blocked="false" managed="true" failed="${failed && name === primary}" nodes_running_on="1"><node name="${name}" id="1" cached="true"/></resource>`).join('')}
    </clone>
    <resource id="vip-master" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" blocked="false" managed="true" failed="false"><node name="${vip}" id="1" cached="true"/></resource>
    <resource id="vip-slave" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" blocked="false" managed="true" failed="false"><node name="node2" id="2" cached="true"/></resource>
  </resources>
  <node_attributes>${names.map((name) => `<node name="${name}"><attribute name="pgsql-data-status" value="${name === primary ? 'LATEST' : standbyState}"/></node>`).join('')}</node_attributes>
  <node_history><node name="node1"><resource_history id="pgsql" orphan="false" migration-threshold="3" fail-count="INFINITY" last-failure="x"/></node><node name="node2"/></node_history>
  <failures><failure op_key="pgsql_start_0" node="node1" exitstatus="error" exitreason="node1&amp;apos;s a &amp;lt; b" exitcode="1" call="9" status="complete"/></failures>
  <status code="0" message="OK"/>
</pacemaker-result>`;

t.test('roles, places, attributes, failures and fail counts are read', async (t) => {
  const cluster = parseCrmMon(picture());
  t.equal(cluster.dc, 'node2');
  t.equal(cluster.quorum, true);
  t.equal(promotedNode(cluster), 'node1');
  t.same(unpromotedNodes(cluster), ['node2', 'node3']);
  t.equal(startedNode(cluster, 'vip-master'), 'node1');
  t.equal(cluster.attributes.node3?.['pgsql-data-status'], 'STREAMING|SYNC');
  t.match(cluster.failures, [{ operation: 'pgsql_start_0', node: 'node1', exitReason: "node1's a < b" }]);
  t.same(cluster.failCounts, { node1: { pgsql: 1_000_000 }, node2: {} });
});

t.test('the words of an older Pacemaker are understood', async (t) => {
  const old = picture().replaceAll('"Promoted"', '"Master"').replaceAll('"Unpromoted"', '"Slave"');
  t.equal(promotedNode(parseCrmMon(old)), 'node1');
  t.same(unpromotedNodes(parseCrmMon(old)), ['node2', 'node3']);
});

t.test('a cluster without a coordinator has none', async (t) => {
  const cluster = parseCrmMon(
    '<pacemaker-result><summary><current_dc present="false"/></summary></pacemaker-result>',
  );
  t.equal(cluster.dc, undefined);
  t.equal(cluster.quorum, false);
});

t.test('health names what is missing', async (t) => {
  const sync = completeOptions({});
  const of = (asked: Picture, options = sync) => trouble(parseCrmMon(picture(asked)), options);
  t.equal(of({}), undefined);
  t.equal(of({ offline: 'node3' }), 'node3 not online');
  t.equal(of({ primary: 'nobody', vip: 'node1' }), 'no node is promoted');
  t.equal(of({ vip: 'node3' }), 'the write VIP is not at the primary');
  t.equal(of({ failed: true }), 'pgsql has failed on node1');
  t.equal(of({ standbyState: 'DISCONNECT' }), 'node2 is not streaming: its pgsql-data-status is DISCONNECT');
  t.equal(of({ standbyState: 'STREAMING|ASYNC' }), 'no standby is synchronous');
  t.equal(of({ standbyState: 'STREAMING|ASYNC' }, completeOptions({ repMode: 'async' })), undefined);
});
