import t from 'tap';
import { corosyncRules } from '../../../../../../lib/commands/doctor/rules/corosync-rules.ts';
import type { DeviceVotes } from '../../../../../../lib/pacemaker/quorum-device.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { checkRows, everywhere, on3, type Row, two } from '../row.ts';

const device = (deviceVotes: DeviceVotes) => ({
  ...two({ corosyncValues: { 'quorum.device.model': 'net' }, corosync: { deviceVotes: known(deviceVotes) } }),
  parameters: { quorum_device: 'true' },
});

const ROWS: readonly Row[] = [
  {
    id: 'corosync-missing',
    when: 'Corosync does not run',
    parts: on3({ corosync: { running: false } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^Corosync does not run on node3$/,
    fix: /^pcs cluster start node3$/,
  },
  {
    id: 'corosync-missing',
    when: 'Corosync is not configured',
    parts: everywhere({
      corosync: { running: false, values: unknown('no file'), fileDigest: unknown('no file') },
    }),
    severity: 'error',
    sentence: /not configured on node1, node2 and node3/,
    fix: /^pcs cluster setup pgcluster node1 node2 node3/,
  },
  {
    id: 'corosync-differs',
    when: 'one corosync.conf differs',
    parts: on3({ corosync: { fileDigest: known('other') } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /on node3 differs from the one on node1 and node2/,
    fix: /^pcs cluster sync/,
  },
  {
    id: 'corosync-nodes',
    when: 'Corosync does not know a node',
    parts: { situation: { nodes: ['node1', 'node2', 'node3', 'node4'] } },
    severity: 'error',
    nodes: ['node4'],
    sentence: /^node4 is not in Corosync's list of nodes \(node1, node2, node3\)$/,
  },
  {
    id: 'token',
    when: 'the token is very short',
    parts: everywhere({ corosyncValues: { 'totem.token': '300', 'totem.token_coefficient': '0' } }),
    severity: 'warning',
    sentence: /^the token is 300 ms/,
    fix: /token: 1000/,
  },
  {
    id: 'token',
    when: 'the token is longer than two monitor intervals',
    parts: everywhere({ corosyncValues: { 'runtime.config.totem.token': '8000' } }),
    severity: 'notice',
    sentence: /^the token is 8000 ms, more than two monitor intervals of the primary \(3 s\).*after 18 s/,
  },
  {
    id: 'token',
    when: 'the token is very long',
    parts: everywhere({ corosyncValues: { 'totem.token': '20000' } }),
    severity: 'warning',
    sentence: /^the token is 20650 ms/,
  },
  {
    id: 'two-node',
    when: 'two nodes lack two_node',
    parts: two({}),
    severity: 'error',
    sentence: /two_node is not set/,
    fix: /two_node: 1/,
  },
  {
    id: 'two-node',
    when: 'three nodes have two_node',
    parts: everywhere({ corosyncValues: { 'quorum.two_node': '1' } }),
    severity: 'error',
    sentence: /^two_node is set, and the cluster has 3 nodes/,
  },
  {
    id: 'quorum-device',
    when: 'the agent goes by a device that is not there',
    parts: { ...two({ corosyncValues: { 'quorum.two_node': '1' } }), parameters: { quorum_device: 'true' } },
    severity: 'error',
    sentence: /^quorum_device is true, and Corosync has no quorum device/,
    fix: /pcs quorum device add/,
  },
  {
    id: 'quorum-device',
    when: 'a device stands beside two_node',
    parts: two({ corosyncValues: { 'quorum.two_node': '1', 'quorum.device.model': 'net' } }),
    severity: 'error',
    sentence: /^two_node is set beside a quorum device/,
  },
  {
    id: 'quorum-device',
    when: 'the agent is not told of the device',
    parts: two({ corosyncValues: { 'quorum.device.model': 'net' } }),
    severity: 'warning',
    sentence: /quorum_device is false: no standby takes over/,
    fix: /pcs resource update .* quorum_device=true/,
  },
  {
    id: 'quorum-device-votes',
    when: 'nobody hears of the device',
    parts: device({ node1: 'silent', node2: 'silent' }),
    severity: 'error',
    sentence:
      /^the quorum device does not vote for node1 and node2: if a node is lost now, nobody takes over/,
    fix: /corosync-qnetd-tool -l on the third machine/,
  },
  {
    id: 'quorum-device-votes',
    when: 'one node does not reach the device',
    parts: device({ node1: 'votes', node2: 'silent' }),
    severity: 'error',
    nodes: ['node2'],
    sentence: /does not vote for node2: if the other node is lost now/,
  },
  {
    id: 'quorum-device-votes',
    when: 'the daemon does not run',
    parts: device({ node1: 'absent', node2: 'votes' }),
    severity: 'error',
    nodes: ['node1'],
    sentence: /^corosync-qdevice does not run on node1: /,
    fix: /systemctl enable --now corosync-qdevice/,
  },
  {
    id: 'wait-for-all',
    when: 'wait_for_all is switched off with two nodes',
    parts: two({ corosyncValues: { 'quorum.two_node': '1', 'quorum.wait_for_all': '0' } }),
    severity: 'warning',
    sentence: /^two_node without wait_for_all/,
    fix: /wait_for_all: 1/,
  },
  {
    id: 'wait-for-all',
    when: 'last_man_standing has no wait_for_all',
    parts: everywhere({ corosyncValues: { 'quorum.last_man_standing': '1' } }),
    severity: 'warning',
    sentence: /^last_man_standing without wait_for_all/,
  },
  {
    id: 'last-man-standing',
    when: 'last_man_standing meets rep_mode=sync',
    parts: everywhere({ corosyncValues: { 'quorum.last_man_standing': '1', 'quorum.wait_for_all': '1' } }),
    severity: 'notice',
    sentence: /majority of all nodes/,
  },
];

checkRows(t, corosyncRules, ROWS);
