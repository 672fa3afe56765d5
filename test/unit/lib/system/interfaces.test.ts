import t from 'tap';
import { parseInterfaces } from '../../../../lib/system/interfaces.ts';

/** Of iproute2 6.1, shortened. */
const TEXT = `[
 {"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"link_type":"loopback","addr_info":[
  {"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo"},
  {"family":"inet","local":"192.168.0.237","prefixlen":32,"scope":"host","label":"lo:0"},
  {"family":"inet6","local":"fd00::99","prefixlen":128,"scope":"global","nodad":true,"deprecated":true}]},
 {},
 {"ifindex":2,"link":"c0","ifname":"eth0","flags":["BROADCAST","MULTICAST"],"link_type":"ether","addr_info":[]},
 {"ifindex":3,"link":null,"ifname":"tunl0","flags":["NOARP"],"link_type":"ipip","addr_info":[]},
 {"ifindex":4,"ifname":"dummy0","flags":["BROADCAST","NOARP"],"link_type":"ether"}
]`;

t.test('interfaces as ip(8) shows them', async (t) => {
  t.same(parseInterfaces(TEXT), [
    {
      name: 'lo',
      up: true,
      kind: 'loopback',
      addresses: [
        { address: '127.0.0.1', prefixLength: 8 },
        { address: '192.168.0.237', prefixLength: 32 },
        { address: 'fd00::99', prefixLength: 128 },
      ],
    },
    { name: 'eth0', up: false, kind: 'other', addresses: [] },
    { name: 'tunl0', up: false, kind: 'tunnel', addresses: [] },
    { name: 'dummy0', up: false, kind: 'silent', addresses: [] },
  ]);
});

t.test('anything else is not understood', async (t) => {
  for (const text of ['', 'null', '{}', '[']) t.equal(parseInterfaces(text), undefined, text);
  t.same(parseInterfaces('[]'), []);
});
