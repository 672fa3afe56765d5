import t from 'tap';
import { addressRules } from '../../../../../../lib/commands/doctor/rules/address-rules.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { macOf, type NodeParts, WRITE_VIP } from '../builders.ts';
import { checkRows, everywhere, on3, type Row } from '../row.ts';

const vip = (heldBy: string | null, answers: readonly string[]): NodeParts => ({
  facts: { vips: [{ address: WRITE_VIP, heldBy, answers: known(answers) }] },
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
    id: 'vips-equal',
    when: 'two VIPs are equal',
    parts: {
      situation: {
        vips: ['vip-master', 'vip-slave'].map((name) => ({ name, address: WRITE_VIP, hasDevice: false })),
      },
    },
    severity: 'error',
    sentence: /^vip-master and vip-slave are both 192\.168\.0\.236$/,
  },
  {
    id: 'vip-network',
    when: 'a node is not in the network of the VIP',
    parts: on3({
      facts: {
        vips: [
          {
            address: WRITE_VIP,
            heldBy: null,
            answers: unknown('no address of this node is in the network of 192.168.0.236'),
          },
        ],
      },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^node3 has no address in the network of 192\.168\.0\.236/,
    fix: /nic=DEVICE/,
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
