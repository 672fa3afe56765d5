import t from 'tap';
import { differing, settingsToRead, wishedSettings } from '../../../../../lib/lvs/realsvr/arp.ts';
import { realServerOf } from '../../../../../lib/lvs/realsvr/real-server.ts';
import { arpSettings, conf, SILENT, VIP } from './machine.ts';

const SERVER = realServerOf(VIP, 'lo:0');

/** arp_ignore of all, lo and eth0 as found, and what is written then. */
const IGNORE: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['0 0 0', { all: '1', lo: '1' }],
  ['1 1 0', {}],
  ['1 0 1', { lo: '1' }],
  ['2 0 0', { lo: '1' }],
  ['8 8 0', {}],
  // 3 answers for an address of scope global, and the larger of all and eth0 counts
  ['3 0 0', { all: '1', lo: '1' }],
  ['0 0 3', { all: '1', lo: '1', eth0: '1' }],
  ['1 1 5', { eth0: '1' }],
  ['1 1 2', {}],
];

for (const [found, written] of IGNORE) {
  t.test(`arp_ignore ${found}`, async (t) => {
    const [all = '', lo = '', eth0 = ''] = found.split(' ');
    const current = { ...arpSettings({ all, lo, eth0 }, { all: '2', lo: '2' }) };
    const expected = Object.fromEntries(
      Object.entries(written).map(([each, value]) => [conf(each, 'arp_ignore'), value]),
    );
    t.same(differing(wishedSettings(SERVER, false, current), current), expected);
  });
}

t.test('arp_announce is 2 and nothing else', async (t) => {
  const current = { ...SILENT, [conf('all', 'arp_announce')]: '1', [conf('eth0', 'arp_announce')]: '3' };
  t.same(differing(wishedSettings(SERVER, false, current), current), {
    [conf('all', 'arp_announce')]: '2',
    [conf('eth0', 'arp_announce')]: '2',
  });
});

t.test('what comes out of a tunnel is not dropped', async (t) => {
  const server = realServerOf(VIP, 'tunl0');
  const filter = (all: string, own: string) =>
    wishedSettings(server, true, {
      ...SILENT,
      [conf('all', 'rp_filter')]: all,
      [conf('tunl0', 'rp_filter')]: own,
    })[conf('tunl0', 'rp_filter')];
  t.same(
    [filter('0', '0'), filter('1', '0'), filter('0', '1'), filter('2', '0'), filter('1', '2')],
    ['0', '2', '2', '0', '2'],
  );
});

t.test('what is read', async (t) => {
  t.same(settingsToRead(realServerOf('fd00::9', 'lo'), ['lo', 'eth0']), ['net/ipv6/conf/lo/disable_ipv6']);
  t.ok(settingsToRead(SERVER, ['lo', 'eth0.100']).includes(conf('eth0.100', 'arp_ignore')));
});
