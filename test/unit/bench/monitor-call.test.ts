import t from 'tap';
import {
  monitorEnvironment,
  nodeListOf,
  parseDurationMs,
  readResource,
} from '../../../bench/monitor-call.ts';

const cib = `<cib crm_feature_set="3.16.1" admin_epoch="0" epoch="9" num_updates="4">
  <configuration>
    <nodes><node id="1" uname="node1"/><node id="2" uname="node2"/></nodes>
    <resources>
      <primitive id="vip-master" class="ocf" provider="heartbeat" type="IPaddr2"/>
      <clone id="msPostgresql">
        <meta_attributes id="m"><nvpair id="m1" name="clone-max" value="2"/><nvpair id="m2" name="notify" value="true"/></meta_attributes>
        <primitive id="pgsql" class="ocf" provider="pha" type="pgsql">
          <instance_attributes id="p">
            <nvpair id="p1" name="pgdata" value="/var/lib/pgsql/data"/>
            <nvpair id="p2" name="node_list" value="node1 node2"/>
            <nvpair id="p3" name="monitor_sql" value="select &apos;a&amp;b&apos;"/>
          </instance_attributes>
          <operations>
            <op id="o1" name="start" interval="0s" timeout="60s"/>
            <op id="o2" name="monitor" interval="4s" timeout="60s"/>
            <op id="o3" name="monitor" interval="3000ms" timeout="1min" role="Promoted"/>
          </operations>
        </primitive>
      </clone>
    </resources>
  </configuration>
</cib>`;

t.test('durations as Pacemaker writes them', async (t) => {
  t.same(['3', '4s', '250ms', ' 1 min '].map(parseDurationMs), [3000, 4000, 250, 60_000]);
  t.same(['', 's', '-1s', '1h', 'P1D'].map(parseDurationMs), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

t.test('a primary’s monitor gets the environment of the resource', async (t) => {
  const resource = readResource(cib, 'pgsql');
  const env = monitorEnvironment(resource, {
    provider: 'heartbeat',
    node: 'node1',
    role: 'primary',
    params: { tmpdir: '/t' },
  });
  t.match(env, {
    OCF_ROOT: '/usr/lib/ocf',
    OCF_RESOURCE_INSTANCE: 'pgsql',
    OCF_RESOURCE_PROVIDER: 'heartbeat',
    OCF_RESOURCE_TYPE: 'pgsql',
    OCF_RESKEY_pgdata: '/var/lib/pgsql/data',
    OCF_RESKEY_monitor_sql: "select 'a&b'",
    OCF_RESKEY_tmpdir: '/t',
    OCF_RESKEY_crm_feature_set: '3.16.1',
    OCF_RESKEY_CRM_meta_name: 'monitor',
    OCF_RESKEY_CRM_meta_interval: '3000',
    OCF_RESKEY_CRM_meta_timeout: '60000',
    OCF_RESKEY_CRM_meta_on_node: 'node1',
    OCF_RESKEY_CRM_meta_on_node_uuid: '1',
    OCF_RESKEY_CRM_meta_role: 'Promoted',
    OCF_RESKEY_CRM_meta_notify: 'true',
    OCF_RESKEY_CRM_meta_clone_max: '2',
    OCF_RESKEY_CRM_meta_promoted_max: '1',
    OCF_RESKEY_CRM_meta_master_max: '1',
  });
});

t.test('a standby’s monitor has an interval and a node of its own, and no role', async (t) => {
  const env = monitorEnvironment(readResource(cib, 'pgsql'), {
    provider: 'pha',
    node: 'node2',
    role: 'standby',
    params: {},
  });
  t.match(env, { OCF_RESKEY_CRM_meta_interval: '4000', OCF_RESKEY_CRM_meta_on_node_uuid: '2' });
  t.notOk('OCF_RESKEY_CRM_meta_role' in env);
});

t.test('a cluster without such a resource is named', async (t) => {
  t.throws(() => readResource(cib, 'other'), { message: 'The cluster has no promotable resource other.' });
  t.throws(() => readResource(cib, 'vip-master'), {
    message: 'The cluster has no promotable resource vip-master.',
  });
  t.throws(() => readResource(cib.replace('role="Promoted"', ''), 'pgsql'), /no recurring monitor for each/);
  t.throws(() => readResource('<cib', 'pgsql'), /cannot be read/);
});

t.test('a longer list of nodes has names that no node has', async (t) => {
  t.same(nodeListOf(['node1', 'node2'], 2), ['node1', 'node2']);
  t.same(nodeListOf(['node1', 'Absent1'], 4), ['node1', 'Absent1', 'absent2', 'absent3']);
});
