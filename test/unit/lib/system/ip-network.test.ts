import t from 'tap';
import { isInNetwork, networkOf, prefixOfMask } from '../../../../lib/system/ip-network.ts';

t.test('isInNetwork', async (t) => {
  const rows = [
    ['192.168.0.231', '192.168.0.0', 24, true],
    ['192.168.0.231', '192.168.0.231', 24, true],
    ['192.168.1.231', '192.168.0.0', 24, false],
    ['10.1.2.3', '0.0.0.0', 0, true],
    ['10.1.2.3', '10.1.2.3', 32, true],
    ['fd00::5', 'fd00::', 64, true],
    ['fd01::5', 'fd00::', 64, false],
    ['192.168.0.231', '::', 0, false],
    ['node1', '0.0.0.0', 0, false],
    ['10.1.2.3', '10.0.0.0', 33, false],
    ['10.1.2.3', '10.0.0.0', Number.NaN, false],
  ] as const;
  for (const [address, network, length, wanted] of rows)
    t.equal(isInNetwork(address, network, length), wanted, `${address} in ${network}/${length}`);
});

t.test('networkOf', async (t) => {
  t.equal(networkOf('192.168.0.231', 24), '192.168.0.0/24');
  t.equal(networkOf('10.9.8.7', 12), '10.0.0.0/12');
  t.equal(networkOf('10.9.8.7', 32), '10.9.8.7/32');
  t.equal(networkOf('255.255.255.255', 0), '0.0.0.0/0');
  t.equal(networkOf('fd00::5', 64), 'fd00::5/128');
});

t.test('prefixOfMask', async (t) => {
  const rows = [
    ['255.255.255.0', 24],
    ['255.255.255.255', 32],
    ['0.0.0.0', 0],
    ['255.240.0.0', 12],
    ['255.0.255.0', undefined],
    ['md5', undefined],
  ] as const;
  for (const [mask, wanted] of rows) t.equal(prefixOfMask(mask), wanted, mask);
});
