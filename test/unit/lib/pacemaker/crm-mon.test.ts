import t from 'tap';
import { type MonReport, parseCrmMon } from '../../../../lib/pacemaker/crm-mon.ts';

const report = (inner: string): MonReport => {
  const parsed = parseCrmMon(`<pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml">
    <summary><current_dc present="true" name="node2" with_quorum="true"/></summary>${inner}
    <status code="0" message="OK"/></pacemaker-result>`);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.report;
};

const instance = (role: string, more: string, node?: string): string =>
  `<resource id="pgsql" resource_agent="ocf:pha:pgsql" role="${role}" active="true" managed="true" ${more}>${
    node === undefined ? '' : `<node name="${node}" id="1" cached="true"/>`
  }</resource>`;

t.test('both vocabularies of roles, nested resources, instances that are numbered', async (t) => {
  const { instances, dc, withQuorum } = report(`<resources>
    <clone id="msPostgresql" multi_state="true">
      ${instance('Promoted', 'blocked="false" failed="false"', 'node1')}
      ${instance('Master', '', 'node2').replace('id="pgsql"', 'id="pgsql:1"')}
      ${instance('Unpromoted', 'pending="Promoting"', 'node3')}
      ${instance('Slave', 'blocked="true" failed="true"', 'node4')}
      ${instance('Stopped', '')}
    </clone>
    <group id="g"><resource id="vip-master" role="Started" managed="false"><node name="node1"/></resource></group>
  </resources>`);
  t.equal(dc, 'node2');
  t.equal(withQuorum, true);
  t.same(
    instances.map(({ resource, role, nodes }) => [resource, role, ...nodes]),
    [
      ['pgsql', 'promoted', 'node1'],
      ['pgsql', 'promoted', 'node2'],
      ['pgsql', 'unpromoted', 'node3'],
      ['pgsql', 'unpromoted', 'node4'],
      ['pgsql', 'stopped'],
      ['vip-master', 'started', 'node1'],
    ],
  );
  t.equal(instances[2]?.pending, 'Promoting');
  t.match(instances[3], { blocked: true, failed: true, managed: true });
  t.equal(instances[5]?.managed, false);
});

t.test('an operation under way stands in place of the role', async (t) => {
  const { instances } = report(
    `<resources>${['Promoting', 'Demoting', 'Starting', 'Stopping', 'Dancing'].map((role) => instance(role, '', 'node1')).join('')}</resources>`,
  );
  t.same(
    instances.map(({ role, pending }) => [role, pending]),
    [
      ['unpromoted', 'Promoting'],
      ['unpromoted', 'Demoting'],
      ['stopped', 'Starting'],
      ['unpromoted', 'Stopping'],
      ['other', undefined],
    ],
  );
});

t.test('nodes', async (t) => {
  const { nodes } = report(`<nodes>
    <node name="node1" online="true" standby="false" standby_onfail="true" maintenance="true" pending="true" unclean="false"/>
    <node name="node2" online="false" standby="false" unclean="true"/></nodes>`);
  t.match(nodes[0], { name: 'node1', online: true, standby: true, maintenance: true, pending: true });
  t.match(nodes[1], { online: false, unclean: true, standby: false });
});

t.test('failures: a reason that was escaped twice, none at all, a name with underscores', async (t) => {
  const { failures } = report(`<failures>
    <failure op_key="pgsql_start_0" node="node1" exitstatus="error" exitreason="The master&amp;apos;s timeline &amp;lt; 2" exitcode="1" call="278" status="complete" last-rc-change="2017-01-11" task="start"/>
    <failure op_key="my_db_2_monitor_4000" node="node2" exitstatus="not running" exitreason="none" exitcode="7" call="1" status="complete"/>
    <failure id="odd" node="node2"/></failures>`);
  t.match(failures[0], {
    resource: 'pgsql',
    task: 'start',
    exitReason: "The master's timeline < 2",
    exitCode: 1,
  });
  t.match(failures[1], { resource: 'my_db_2', task: 'monitor', exitReason: '', exitCode: 7, when: '' });
  t.match(failures[2], { resource: 'odd', task: '' });
});

t.test('migration summary and bans', async (t) => {
  const { failCounts, bans } = report(`
    <node_history><node name="node1">
      <resource_history id="pgsql" orphan="false" migration-threshold="3" fail-count="INFINITY" last-failure="Wed"/>
      <resource_history id="vip" orphan="true"/></node>
      <node name="node2"><resource_history id="pgsql:0" migration-threshold="3" fail-count="2"/></node></node_history>
    <bans><ban id="cli-ban-msPostgresql-on-node1" resource="msPostgresql" node="node1" weight="-1000000" promoted-only="true"/>
      <ban id="b2" resource="pgsql" node="node2" weight="-1000000" master_only="true"/></bans>`);
  t.same(failCounts, [
    { resource: 'pgsql', node: 'node1', failCount: 1_000_000, migrationThreshold: 3, lastFailure: 'Wed' },
    { resource: 'vip', node: 'node1', failCount: 0, migrationThreshold: 1_000_000 },
    { resource: 'pgsql', node: 'node2', failCount: 2, migrationThreshold: 3 },
  ]);
  t.same(
    bans.map(({ promotedOnly }) => promotedOnly),
    [true, true],
  );
});

t.test('no answer gives a reason', async (t) => {
  const off = parseCrmMon(
    '<pacemaker-result api-version="2.25"><status code="102" message="Not connected"><errors/></status></pacemaker-result>',
  );
  t.match(off, { ok: false, reason: 'crm_mon: Not connected' });
  for (const text of ['', 'Connection refused', '<html/>', '<pacemaker-result/>']) {
    t.equal(parseCrmMon(text).ok, false, text);
  }
});
