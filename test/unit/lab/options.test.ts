import t from 'tap';
import { UsageError } from '../../../lab/failure.ts';
import { clusterNames, clusterNodes, completeOptions, isGuest, machinesOf } from '../../../lab/options.ts';

t.test('directors are nodes of the cluster, machines outside are not', async (t) => {
  const options = completeOptions({ template: 'muti_with_lvs', nodes: 2, directors: 1, outside: 1 });
  t.same(clusterNames(options), ['node1', 'node2', 'lvs1']);
  t.same(
    clusterNodes(options).map(({ name }) => name),
    ['node1', 'node2', 'lvs1'],
  );
  t.same(
    machinesOf(options).map(({ name, address }) => `${name} ${address}`),
    ['node1 192.168.0.231', 'node2 192.168.0.232', 'lvs1 192.168.0.233', 'outside1 192.168.0.234'],
  );
});

t.test('which machines are guests', async (t) => {
  const guests = (backend: 'namespaces' | 'mixed' | 'uml'): string[] => {
    const made = { nodes: 2, directors: 1, outside: 1 };
    const options = completeOptions({ template: 'muti_with_lvs', ...made, backend });
    const names = machinesOf(options).map(({ name }) => name);
    return names.filter((name) => isGuest(options, name));
  };
  t.same(guests('namespaces'), []);
  t.same(guests('mixed'), ['lvs1', 'outside1']);
  t.same(guests('uml'), ['node1', 'node2', 'lvs1', 'outside1']);
});

t.test('a cluster that spreads no reads has no directors', async (t) => {
  t.throws(() => completeOptions({ directors: 1 }), UsageError);
  t.throws(() => completeOptions({ template: 'muti_with_lvs', repMode: 'none' }), UsageError);
  t.throws(() => completeOptions({ template: 'muti_with_lvs', agent: 'floor' }), UsageError);
  t.throws(() => completeOptions({ template: 'muti_with_lvs', directors: 1.5 }), UsageError);
});

t.test('two nodes have an arbiter, which is no node of the cluster', async (t) => {
  const options = completeOptions({ template: 'dual' });
  t.same(clusterNames(options), ['node1', 'node2']);
  t.same(
    machinesOf(options).map(({ name, address }) => `${name} ${address}`),
    ['node1 192.168.0.231', 'node2 192.168.0.232', 'arbiter 192.168.0.233'],
  );
  t.throws(() => completeOptions({ template: 'dual', nodes: 3 }), UsageError);
  t.throws(() => completeOptions({ template: 'dual', fresh: true }), UsageError);
  const device = completeOptions({ template: 'dual_qdevice', params: { xlog_check_count: '2' } });
  t.same([device.nodeNames, device.arbiterNames, device.deviceNames], [['node1', 'node2'], [], ['qnetd']]);
  t.same(device.params, { quorum_device: 'true', xlog_check_count: '2' });
  t.throws(() => completeOptions({ template: 'dual_qdevice', nodes: 3 }), UsageError);
  t.same(completeOptions(options), options);
});

t.test('completing options twice changes nothing', async (t) => {
  const once = completeOptions({ template: 'muti_with_lvs', directors: 2, outside: 1 });
  t.same(completeOptions(once), once);
});
