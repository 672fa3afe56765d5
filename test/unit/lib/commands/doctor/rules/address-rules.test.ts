import t from 'tap';
import { addressRules } from '../../../../../../lib/commands/doctor/rules/address-rules.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { macOf, type NodeParts, situation, WRITE_VIP } from '../builders.ts';
import { checkRows, everywhere, on3, type Row } from '../row.ts';

const vip = (heldBy: string | null, answers: readonly string[]): NodeParts => ({
  facts: { vips: [{ address: WRITE_VIP, heldBy, answers: known(answers) }] },
});

const ONLY_ADDRESS = on3({
  facts: {
    addresses: [
      { device: 'eth0', address: WRITE_VIP, prefixLength: 24, mac: macOf('node3'), loopback: false },
      { device: 'eth0', address: 'fe80::1', prefixLength: 64, mac: macOf('node3'), loopback: false },
    ],
    vips: [{ address: WRITE_VIP, heldBy: 'eth0', answers: known([]) }],
  },
});

const OTHER_NETWORK = on3({
  facts: {
    vips: [
      {
        address: WRITE_VIP,
        heldBy: null,
        answers: unknown('no address of this node is in the network of 192.168.0.236'),
      },
    ],
  },
});

const ROWS: readonly Row[] = [
  {
    id: 'vip-taken',
    when: 'a stranger answers to the VIP',
    parts: {
      nodes: { node1: vip('eth0', ['0a:0b:0c:0d:0e:0f']), node2: vip(null, [macOf('node1')]), node3: {} },
    },
    severity: 'error',
    sentence:
      /^192\.168\.0\.236 \(vip-master\) is answered by 0a:0b:0c:0d:0e:0f, which is no node of this cluster/,
    fix: /^ip neigh show 192\.168\.0\.236/,
  },
  {
    id: 'vip-taken',
    when: 'the one that answers may be a node that was not examined',
    parts: {
      nodes: {
        node1: { ...vip(null, ['0a:0b:0c:0d:0e:0f']) },
        node2: vip(null, []),
        node3: { notExamined: 'ssh' },
      },
    },
    severity: 'notice',
    sentence: /none of the nodes that were examined/,
  },
  {
    id: 'vip-misplaced',
    when: 'a node kept the VIP',
    parts: on3(vip('eth0', [])),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^node3 has 192\.168\.0\.236 \(vip-master\) on eth0, and Pacemaker has started it on node1$/,
    fix: /^ip address delete 192\.168\.0\.236\/\d+ dev eth0/,
  },
  {
    id: 'vip-is-node',
    when: 'the VIP is the address of a node',
    parts: { nodes: { node1: { facts: { names: { node2: [WRITE_VIP] } } }, node2: {} } },
    severity: 'error',
    nodes: ['node2'],
    sentence: /is the address of node2$/,
  },
  {
    id: 'vip-is-node',
    when: 'the node itself takes its name for a loopback address, as on Debian',
    parts: {
      nodes: {
        node1: { facts: { names: { node1: ['127.0.1.1'] } } },
        node2: { facts: { names: { node1: [WRITE_VIP] } } },
      },
    },
    severity: 'error',
    nodes: ['node1'],
    sentence: /is the address of node1$/,
  },
  {
    id: 'vip-is-node',
    when: 'only Corosync knows',
    parts: { nodes: { node1: {}, node2: { corosyncValues: { 'nodelist.node.1.ring0_addr': WRITE_VIP } } } },
    severity: 'error',
    nodes: ['node2'],
    sentence: /is the address of node2$/,
  },
  {
    id: 'vip-is-node',
    when: 'it is the only address of a device, and there is no cluster yet',
    parts: { ...ONLY_ADDRESS, situation: { source: 'config.ini', cluster: undefined, configPath: '/c.ini' } },
    severity: 'error',
    nodes: ['node3'],
    sentence: /is the address of node3$/,
    fix: /correct vip-master in \/c\.ini$/,
  },
  {
    id: 'vips-equal',
    when: 'two VIPs are equal',
    parts: {
      situation: {
        vips: ['vip-master', 'vip-slave'].map((name) => ({ name, address: WRITE_VIP, hasDevice: false })),
      },
    },
    severity: 'error',
    sentence: /^vip-master and vip-slave are both 192\.168\.0\.236$/,
    fix: /^pcs resource update vip-slave ip=ADDRESS$/,
  },
  {
    id: 'vips-equal',
    when: 'two VIPs of config.ini are equal, which has no resources yet',
    parts: {
      situation: {
        source: 'config.ini',
        vips: ['reader_vip', 'writer_vip'].map((name) => ({ name, address: WRITE_VIP, hasDevice: false })),
      },
    },
    severity: 'error',
    sentence: /^reader_vip and writer_vip are both 192\.168\.0\.236$/,
    fix: /^correct writer_vip in \/etc\/pha\/config\.ini$/,
  },
  {
    id: 'vip-network',
    when: 'a node is not in the network of the VIP',
    parts: OTHER_NETWORK,
    severity: 'warning',
    nodes: ['node3'],
    sentence:
      /^node3 has no address in the network of 192\.168\.0\.236 .*, and the resource names no device$/,
    fix: /^pcs resource update vip-master nic=DEVICE$/,
  },
  {
    id: 'vip-network',
    when: 'a node of config.ini is not in the network of the VIP',
    parts: { ...OTHER_NETWORK, situation: { source: 'config.ini' } },
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^node3 has no address in the network of 192\.168\.0\.236 .*, and vip_nic is empty$/,
    fix: /^vip_nic=DEVICE in \/etc\/pha\/config\.ini/,
  },
  {
    id: 'vip-not-asked',
    when: 'there is no arping',
    parts: everywhere({
      facts: { vips: [{ address: WRITE_VIP, heldBy: null, answers: unknown('arping is not installed') }] },
    }),
    severity: 'notice',
    sentence: /^nobody could ask for 192\.168\.0\.236 \(vip-master\): arping is not installed$/,
  },
  {
    id: 'master-ip',
    when: 'master_ip is no VIP',
    parts: { parameters: { master_ip: '192.168.0.231' } },
    severity: 'warning',
    sentence: /^master_ip is 192\.168\.0\.231, which is none/,
    fix: /master_ip=192\.168\.0\.236$/,
  },
];

checkRows(t, addressRules, ROWS);

t.test("a node's own address is never to be deleted, nor one that is on its way", async (t) => {
  const own = situation(ONLY_ADDRESS);
  const kept = situation(on3(vip('eth0', [])));
  const moving = {
    ...kept,
    cluster: kept.cluster && {
      ...kept.cluster,
      mon: {
        ...kept.cluster.mon,
        instances: kept.cluster.mon.instances.map((each) =>
          each.resource === 'vip-master' ? { ...each, pending: 'Migrating' } : each,
        ),
      },
    },
  };
  const misplaced = addressRules.find(({ id }) => id === 'vip-misplaced');
  t.equal(misplaced?.find(kept)?.length, 1);
  for (const each of [own, moving]) t.same(misplaced?.find(each), []);
});

t.test('a virtual address may have a device for itself', async (t) => {
  const alone = situation({
    nodes: { node1: ONLY_ADDRESS.nodes?.node3 ?? {}, node2: {} },
  });
  const rule = addressRules.find(({ id }) => id === 'vip-is-node');
  t.same(rule?.find(alone), []);
});

t.test('a virtual address on a node that was not examined answers from there', async (t) => {
  const unseen = situation({
    nodes: { node1: { notExamined: 'ssh' }, node2: vip(null, [macOf('node1')]), node3: {} },
  });
  t.same(addressRules.find(({ id }) => id === 'vip-taken')?.find(unseen), []);
});
