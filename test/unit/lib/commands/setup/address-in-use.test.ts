import t from 'tap';
import { nodeWith, onThisNode, somebodyElse } from '../../../../../lib/commands/setup/address-in-use.ts';

const VIP = { name: 'writer_vip', address: '10.0.0.9' };
const device = (ifname: string, ...addresses: readonly string[]) => ({
  ifname,
  addr_info: addresses.map((local) => ({ family: 'inet', local, prefixlen: 24, scope: 'global' })),
});
const json = (...devices: readonly object[]): string => JSON.stringify(devices);

t.test('on this node', async (t) => {
  t.equal(onThisNode(VIP, json(device('eth0', '10.0.0.1'))), undefined);
  t.equal(onThisNode(VIP, 'no JSON'), undefined);
  const own = onThisNode(VIP, json(device('eth0', '10.0.0.9'), device('eth1', '10.1.0.1')));
  t.match(own, /writer_vip: 10\.0\.0\.9 is on eth0 .* the node's own address: choose a free one/);
  t.notMatch(own, 'del', 'nobody is told to remove the only address of a device');
  t.match(
    onThisNode(VIP, json(device('eth0', '10.0.0.1', '10.0.0.9'))),
    /correct writer_vip in config\.ini; else remove it: ip address del 10\.0\.0\.9\/24 dev eth0/,
  );
});

t.test('elsewhere', async (t) => {
  const neighbours = JSON.stringify([
    { dst: '10.0.0.1', lladdr: '02:00:00:00:00:01' },
    { dst: '10.0.0.2', lladdr: '02:00:00:00:00:0a' },
    { dst: '10.0.0.3' },
  ]);
  const nodes = new Map([
    ['node1', ['10.0.0.1']],
    ['node2', ['10.0.0.2']],
  ]);
  t.equal(nodeWith('02:00:00:00:00:0A', neighbours, nodes), 'node2');
  t.equal(nodeWith('02:00:00:00:00:0B', neighbours, nodes), undefined);
  t.match(somebodyElse(VIP, '02:00:00:00:00:0A', 'node2'), /node2 has 10\.0\.0\.9 already/);
  t.match(somebodyElse(VIP, '02:00:00:00:00:0B', undefined), /from 02:.* add --address-is-free/);
});
