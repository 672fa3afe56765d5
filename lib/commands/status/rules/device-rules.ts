import { votersOf } from '../../../pacemaker/quorum-device.ts';
import { enumerate, formatSeconds } from '../../cli/text.ts';
import type { Finding, ProblemRule } from '../problem.ts';
import type { Situation } from '../situation.ts';
import { commitsHang } from './database-rules.ts';

const ASK = 'corosync-qdevice-tool -s';

/** The other one of two nodes, where it is not there and this one has quorum without it. */
const missingOther = ({ self, nodes, facts, view }: Situation): string | undefined => {
  const [other, ...more] = nodes.filter((node) => node !== self);
  return view.haveQuorum && other !== undefined && more.length === 0 && !facts.online(other)
    ? other
    : undefined;
};

/** What it means that the device does not vote for some members of this part. */
const meaningOf = (silent: readonly string[], all: readonly string[]): string =>
  all.length === 1
    ? 'either the other node has its vote, or corosync-qnetd is not reached'
    : silent.length === all.length
      ? 'if a node is lost now, nobody takes over, and commits wait. Bring corosync-qnetd back'
      : `if the other node is lost now, ${enumerate(silent)} does not take over, and lets no commit go on. Let it reach corosync-qnetd again`;

/** The quorum device of two nodes. */
export const deviceRules: readonly ProblemRule[] = [
  {
    id: 'device-silent',
    find: ({ device }): readonly Finding[] => {
      if (device === undefined) return [];
      const { votes } = device;
      if (!votes.known)
        return [
          { severity: 'warning', sentence: `whom the quorum device votes for is unknown: ${votes.reason}` },
        ];
      const { all, silent, absent } = votersOf(votes.value);
      if (all.length === 0)
        return [
          {
            severity: 'error',
            sentence:
              'quorum_device is true, and Corosync has no quorum device: if a node is lost, nobody takes over, and commits wait.',
            command: 'pcs quorum device add timeout=5000 model net host=THIRD-MACHINE algorithm=ffsplit',
          },
        ];
      return [
        ...absent.map(
          (node): Finding => ({
            severity: 'error',
            node,
            sentence: `corosync-qdevice does not run on ${node}: if the other node is lost, ${node} has no quorum.`,
            command: 'systemctl start corosync-qdevice',
            commandOn: node,
          }),
        ),
        ...(silent.length === 0
          ? []
          : [
              {
                severity: 'error',
                ...(silent.length === 1 && silent[0] !== undefined ? { node: silent[0] } : {}),
                sentence: `the quorum device does not vote for ${enumerate(silent)}: ${meaningOf(silent, all)}.`,
                command: ASK,
              } as const,
            ]),
      ];
    },
  },
  {
    id: 'device-alone',
    find: (situation): readonly Finding[] => {
      const { self, device, promoted } = situation;
      const other = missingOther(situation);
      const isWaiting = !promoted.includes(self) || commitsHang(situation);
      if (other === undefined || !isWaiting || device?.actsAloneInMs.known !== true) return [];
      const waitsMs = device.actsAloneInMs.value;
      return waitsMs === undefined
        ? [
            {
              severity: 'error',
              node: self,
              sentence: `${self} does not go on without ${other}: it has been without quorum, or nobody has looked, since it last saw ${other}, which may have been the primary meanwhile. Start ${other}.`,
              command: `pcs cluster start ${other}`,
            },
          ]
        : [
            {
              severity: 'note',
              node: self,
              sentence: `${self} goes on without ${other} in ${formatSeconds(Math.ceil(waitsMs / 1000))}, if it keeps quorum: by then ${other} knows that it has none.`,
            },
          ];
    },
  },
];
