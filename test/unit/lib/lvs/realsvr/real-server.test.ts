import t from 'tap';
import { objectionToNic, objectionToVip, realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';

t.test('an interface, with or without a label', async (t) => {
  t.same(realServerOf('192.168.0.237', 'lo:0'), {
    vip: '192.168.0.237',
    version: 4,
    device: 'lo',
    label: 'lo:0',
    nicOption: 'nic_lo',
  });
  t.match(realServerOf('192.168.0.237', 'dummy0'), { device: 'dummy0', label: undefined });
  t.match(realServerOf('FD00:0:0::1', 'lo:0'), {
    vip: 'fd00::1',
    version: 6,
    device: 'lo',
    label: undefined,
  });
});

const VIPS: Readonly<Record<string, RegExp | undefined>> = {
  '192.168.0.237': undefined,
  'fd00::1': undefined,
  '::ffff:192.168.0.237': undefined,
  '192.168.0.237/24': /is no IP address; .*without a prefix length/,
  'reader.example.com': /is no IP address/,
  'fe80::1%eth0': /is no IP address/,
  'fe80::1': /link-local/,
  '127.0.0.1': /of this machine alone/,
  '::1': /of this machine alone/,
  '0.0.0.0': /no address of a machine/,
  '239.1.1.1': /one machine/,
  'ff02::1': /one machine/,
};

for (const [vip, expected] of Object.entries(VIPS)) {
  t.test(`vip ${vip}`, async (t) => {
    if (expected === undefined) t.equal(objectionToVip(vip), undefined);
    else t.match(objectionToVip(vip), expected);
  });
}

t.test('nic_lo', async (t) => {
  for (const good of ['lo', 'lo:0', 'lo:vip-read', 'dummy0', 'tunl0', 'eth0.100:1'])
    t.equal(objectionToNic(good), undefined, good);
  for (const bad of ['', 'lo:', ':0', '-lo', 'lo 0', 'lo/0', 'lo:0:1'])
    t.match(objectionToNic(bad), /neither/, bad);
  t.match(objectionToNic('lo:a-very-long-one'), /longer than 15/);
});
