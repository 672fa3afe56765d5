import {
  type CorosyncValues,
  corosyncNodes,
  isOn,
  tokenMs,
  waitsForAll,
} from '../../../pacemaker/corosync.ts';
import { votersOf } from '../../../pacemaker/quorum-device.ts';
import { enumerate } from '../../cli/text.ts';
import { byValue, type Finding, finding, on, type Rule } from '../rule.ts';
import { examined, type Situation } from '../situation.ts';
import { primaryMonitorMs, seconds } from './intervals.ts';

const GROUP = 'Corosync';
const FILE = '/etc/corosync/corosync.conf';
const RELOAD = '   (then: pcs cluster sync, corosync-cfgtool -R)';
const RESTART =
  '   (then: pcs cluster sync, and a restart of the cluster: pcs cluster stop --all, pcs cluster start --all)';

/** A shorter silence is taken for death: the scheduler, a snapshot of a virtual machine. */
const SHORTEST_TOKEN_MS = 1_000;
const LONGEST_TOKEN_MS = 10_000;

/** What this node's Corosync runs with; every node has the same, or the rule for that says so. */
const ofCorosync =
  (find: (values: CorosyncValues, situation: Situation) => readonly Finding[] | undefined): Rule['find'] =>
  (situation) => {
    const known = examined(situation).filter(({ facts }) => facts.corosync.values.known);
    const here = known.find(({ node }) => node === situation.self) ?? known[0];
    return here?.facts.corosync.values.known ? find(here.facts.corosync.values.value, situation) : undefined;
  };

/** Before a node list is written everything is still open. */
const sizeOf = (values: CorosyncValues): number => corosyncNodes(values).length;

export const corosyncRules: readonly Rule[] = [
  {
    id: 'corosync-missing',
    group: GROUP,
    checks: 'Corosync is configured and runs on every node',
    find: (situation) => {
      const states = examined(situation).flatMap(({ node, facts: { corosync } }) =>
        corosync.running
          ? []
          : [{ node, value: corosync.values.known ? 'does not run' : 'is not configured' }],
      );
      return byValue(states).map(({ value, nodes }) =>
        value === 'does not run'
          ? finding(
              'error',
              nodes,
              `Corosync does not run ${on(nodes)}`,
              `pcs cluster start ${nodes.join(' ')}`,
            )
          : finding(
              'error',
              nodes,
              `Corosync is not configured ${on(nodes)}: there is no ${FILE}`,
              `pcs cluster setup pgcluster ${situation.nodes.join(' ')}, then pcs cluster start --all`,
            ),
      );
    },
  },
  {
    id: 'corosync-differs',
    group: GROUP,
    checks: 'corosync.conf is the same on every node',
    find: (situation) => {
      const digests = examined(situation).flatMap(({ node, facts: { corosync } }) =>
        corosync.fileDigest.known ? [{ node, value: corosync.fileDigest.value }] : [],
      );
      if (digests.length < 2) return undefined;
      const [first, ...others] = [...byValue(digests)].sort((a, b) => b.nodes.length - a.nodes.length);
      return others.map(({ nodes }) =>
        finding(
          'warning',
          nodes,
          `${FILE} ${on(nodes)} differs from the one ${on(first?.nodes ?? [])}`,
          `pcs cluster sync   (on the node whose file is right)${RELOAD}`,
        ),
      );
    },
  },
  {
    id: 'corosync-nodes',
    group: GROUP,
    checks: 'Corosync knows every node of the database',
    find: ofCorosync((values, { nodes }) => {
      const known = corosyncNodes(values).map(({ name }) => name);
      if (known.length === 0) return undefined;
      return nodes
        .filter((node) => !known.includes(node))
        .map((node) =>
          finding(
            'error',
            [node],
            `${node} is not in Corosync's list of nodes (${known.join(', ')})`,
            `pcs cluster node add ${node}, or correct the name in config.ini or node_list`,
          ),
        );
    }),
  },
  {
    id: 'token',
    group: GROUP,
    checks: 'a lost node is noticed neither too early nor too late',
    find: ofCorosync((values, situation) => {
      const token = tokenMs(values);
      const interval = primaryMonitorMs(situation);
      if (token < SHORTEST_TOKEN_MS) {
        return [
          finding(
            'warning',
            [],
            `the token is ${token} ms: a node that pauses for so short a time (a snapshot, a busy host) is taken for dead, and fails over`,
            `${FILE}, totem: token: ${SHORTEST_TOKEN_MS}${RELOAD}`,
          ),
        ];
      }
      if (token <= Math.max(2 * interval, SHORTEST_TOKEN_MS)) return [];
      return [
        finding(
          token > LONGEST_TOKEN_MS ? 'warning' : 'notice',
          [],
          `the token is ${token} ms, more than two monitor intervals of the primary (${seconds(interval)}): a dead server is noticed after ${seconds(interval)}, a dead node only after ${seconds(token * 2.2)} (token and consensus)`,
          `${FILE}, totem: token: ${Math.max(SHORTEST_TOKEN_MS, Math.min(interval, 3000))}, token_coefficient: 0${RELOAD}`,
        ),
      ];
    }),
  },
  {
    id: 'two-node',
    group: GROUP,
    checks: 'two_node is set with two nodes, and only then',
    find: ofCorosync((values) => {
      const size = sizeOf(values);
      const twoNode = isOn(values, 'quorum.two_node');
      if (size === 2 && !twoNode && values['quorum.device.model'] === undefined) {
        return [
          finding(
            'error',
            [],
            'the cluster has two nodes, and two_node is not set: when one is lost, the other has no quorum and stops its database',
            `${FILE}, quorum: two_node: 1${RESTART}`,
          ),
        ];
      }
      return twoNode && size !== 2
        ? [
            finding(
              'error',
              [],
              `two_node is set, and the cluster has ${size} nodes: a single node that was cut off believes to have quorum`,
              `${FILE}, quorum: remove two_node${RESTART}`,
            ),
          ]
        : [];
    }),
  },
  {
    id: 'quorum-device',
    group: GROUP,
    checks: 'a quorum device is there where the agent goes by it, and the agent goes by it where it is there',
    find: ofCorosync((values, { resource, nodes }) => {
      const device = values['quorum.device.model'];
      const parameters = resource?.parameters;
      if (parameters === undefined || nodes.length !== 2) return undefined;
      const update = `pcs resource update ${resource?.id ?? 'pgsql'} quorum_device`;
      if (parameters.quorum_device && device === undefined) {
        return [
          finding(
            'error',
            [],
            'quorum_device is true, and Corosync has no quorum device: nobody takes over, and a primary that has lost its standby lets commits wait',
            'pcs quorum device add timeout=5000 model net host=THIRD-MACHINE algorithm=ffsplit',
          ),
        ];
      }
      if (device !== undefined && isOn(values, 'quorum.two_node')) {
        return [
          finding(
            'error',
            [],
            'two_node is set beside a quorum device: both nodes believe to have quorum when they are cut from each other',
            `${FILE}, quorum: remove two_node${RESTART}`,
          ),
        ];
      }
      return device === undefined || parameters.quorum_device || parameters.enable_distlock
        ? []
        : [
            finding(
              'warning',
              [],
              `Corosync has a quorum device (${device}), and quorum_device is false: no standby takes over by itself`,
              `${update}=true`,
            ),
          ];
    }),
  },
  {
    id: 'quorum-device-votes',
    group: GROUP,
    checks: 'the quorum device votes for every node',
    find: (situation) => {
      const here = examined(situation).find(({ node }) => node === situation.self)?.facts.corosync
        .deviceVotes;
      if (here?.known !== true || Object.keys(here.value).length === 0) return undefined;
      const { all, silent, absent } = votersOf(here.value);
      return [
        ...absent.map((node) =>
          finding(
            'error',
            [node],
            `corosync-qdevice does not run on ${node}: if the other node is lost, ${node} has no quorum`,
            `systemctl enable --now corosync-qdevice   (on ${node})`,
          ),
        ),
        ...(silent.length === 0
          ? []
          : [
              finding(
                'error',
                silent,
                `the quorum device does not vote for ${enumerate(silent)}: if ${silent.length === all.length ? 'a node' : 'the other node'} is lost now, nobody takes over, and commits wait`,
                'corosync-qdevice-tool -s, and corosync-qnetd-tool -l on the third machine',
              ),
            ]),
      ];
    },
  },
  {
    id: 'wait-for-all',
    group: GROUP,
    checks: 'a node that boots alone waits for the others before it may have quorum',
    find: ofCorosync((values) => {
      if (waitsForAll(values)) return [];
      const twoNode = isOn(values, 'quorum.two_node');
      const lastMan = isOn(values, 'quorum.last_man_standing');
      if (!twoNode && !lastMan) return [];
      return [
        finding(
          'warning',
          [],
          `${twoNode ? 'two_node' : 'last_man_standing'} without wait_for_all: a node that boots while it is cut off believes to have quorum, and may become a second primary`,
          `${FILE}, quorum: wait_for_all: 1${RESTART}`,
        ),
      ];
    }),
  },
  {
    id: 'last-man-standing',
    group: GROUP,
    checks: 'last_man_standing promises nothing that the database cannot keep',
    find: ofCorosync((values, { resource }) => {
      if (!isOn(values, 'quorum.last_man_standing') || sizeOf(values) < 3) return [];
      const sync = resource?.parameters.rep_mode === 'sync';
      return [
        finding(
          'notice',
          [],
          `last_man_standing is set: the cluster may shrink below half of its ${sizeOf(values)} nodes${sync ? ', but with rep_mode=sync the primary releases a lost standby only when a majority of all nodes has it on record, so that commits hang there' : ''}`,
          sync
            ? 'bring nodes back, or remove nodes that are gone for good: pcs cluster node remove NODE'
            : undefined,
        ),
      ];
    }),
  },
];
