import t from 'tap';
import { clientAddress, defaultNodeNames, readVip, topology, writeVip } from '../../../lab/topology.ts';

t.test('three nodes have the addresses of the seed document', async (t) => {
  t.same(
    topology(defaultNodeNames(3)).map(({ address }) => address),
    ['192.168.0.231', '192.168.0.232', '192.168.0.233'],
  );
});

t.test('no two of the largest lab share an address, nor the VIPs nor the client', async (t) => {
  const addresses = topology(defaultNodeNames(16)).map(({ address }) => address);
  t.equal(new Set([...addresses, writeVip, readVip, clientAddress]).size, 19);
});
