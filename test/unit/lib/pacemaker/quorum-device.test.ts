import t from 'tap';
import { deviceVotesIn } from '../../../../lib/pacemaker/quorum-device.ts';

/** Of corosync-quorumtool 3.1.7. */
const text = (flags: string, ...members: readonly string[]): string => `Quorum information
------------------
Date:             Sun Nov 22 10:21:04 2026
Nodes:            2
Node ID:          1
Quorate:          Yes

Votequorum information
----------------------
Total votes:      2
Flags:            ${flags}

Membership information
----------------------
${members.join('\n')}
`;
const HEAD = '    Nodeid      Votes    Qdevice Name';

const CASES: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
  [
    'it votes for both',
    text(
      'Quorate Qdevice ',
      HEAD,
      '         1          1    A,V,NMW node1 (local)',
      '         2          1    A,V,NMW node2',
      '         0          1            Qdevice',
    ),
    [
      ['node1', 'votes'],
      ['node2', 'votes'],
    ],
  ],
  [
    'the daemon of one node does not run, the other one does not reach the device',
    text(
      'Quorate ',
      HEAD,
      '         1          1         NR node1 (local)',
      '         2          1   A,NV,NMW node2',
      '         0          0            Qdevice (votes 1)',
    ),
    [
      ['node1', 'absent'],
      ['node2', 'silent'],
    ],
  ],
  [
    'a daemon hangs',
    text('Quorate Qdevice ', HEAD, '         1          1   NA,V,NMW node1 (local)'),
    [['node1', 'absent']],
  ],
  [
    'there is no device',
    text('2Node Quorate WaitForAll ', '    Nodeid      Votes Name', '         1          1 node1 (local)'),
    [],
  ],
  ['nothing', '', []],
];

t.test('whom a quorum device votes for', async (t) => {
  for (const [name, printed, expected] of CASES)
    t.strictSame(Object.entries(deviceVotesIn(printed)), expected, name);
});
