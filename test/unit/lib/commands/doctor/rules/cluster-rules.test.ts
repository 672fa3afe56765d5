import t from 'tap';
import { clusterRules } from '../../../../../../lib/commands/doctor/rules/cluster-rules.ts';
import { checkRows, type Row, two } from '../row.ts';

const location = (id: string, score: string): string =>
  `<rsc_location id="${id}" rsc="msPostgresql" node="node2" score="${score}"/>`;

const ROWS: readonly Row[] = [
  {
    id: 'config-ini',
    when: 'a line of config.ini is wrong',
    parts: {
      situation: {
        source: 'config.ini',
        configProblems: [{ severity: 'error', line: 7, sentence: 'node9 is unknown' }],
      },
    },
    severity: 'error',
    sentence: /^\/etc\/pha\/config\.ini, line 7: node9 is unknown$/,
    fix: /^correct \/etc\/pha\/config\.ini, then/,
  },
  {
    id: 'config-ini',
    when: 'what is wrong is not in the file',
    parts: {
      situation: {
        configProblems: [{ severity: 'warning', line: 0, sentence: 'no address', fix: '/etc/hosts' }],
      },
    },
    severity: 'warning',
    sentence: /config\.ini: no address$/,
    fix: /^\/etc\/hosts$/,
  },
  {
    id: 'config-ini',
    when: 'the cluster runs, and RESOURCE_LIST does not suit it',
    parts: {
      situation: {
        configProblems: [
          { severity: 'warning', line: 0, sentence: 'RESOURCE_LIST names msPostgres, which …' },
        ],
      },
    },
    severity: 'warning',
    sentence: /^\/etc\/pha\/config\.ini: RESOURCE_LIST names msPostgres/,
  },
  {
    id: 'no-definition',
    when: 'there is neither a resource nor a config.ini',
    parts: { situation: { source: 'nothing', resource: undefined } },
    severity: 'error',
    sentence: /no pgsql resource, and there is no \/etc\/pha\/config\.ini/,
    fix: /cls_setup/,
  },
  {
    id: 'pacemaker-missing',
    when: 'Pacemaker does not run',
    parts: { situation: { source: 'config.ini', cluster: undefined } },
    severity: 'error',
    nodes: ['node1'],
    sentence: /^Pacemaker does not run on node1/,
    fix: /^pcs cluster start --all$/,
  },
  {
    id: 'no-quorum',
    when: 'quorum is lost',
    parts: { status: { quorum: false } },
    severity: 'error',
    sentence: /has no quorum/,
  },
  {
    id: 'no-dc',
    when: 'there is no DC',
    parts: { status: { dc: false } },
    severity: 'error',
    sentence: /no DC/,
  },
  {
    id: 'several-primaries',
    when: 'two nodes are promoted',
    parts: { status: { nodes: { node1: { role: 'promoted' }, node2: { role: 'promoted' } } } },
    severity: 'error',
    sentence: /node1 and node2 count as primary/,
  },
  {
    id: 'maintenance',
    when: 'maintenance mode was forgotten',
    parts: { status: { options: { 'maintenance-mode': 'true', 'stonith-enabled': 'true' } } },
    severity: 'warning',
    sentence: /maintenance mode/,
    fix: /^cls_unmaintenance$/,
  },
  {
    id: 'node-offline',
    when: 'a node is off',
    parts: { status: { nodes: { node1: { role: 'promoted' }, node2: { online: false, role: 'stopped' } } } },
    severity: 'error',
    nodes: ['node2'],
    sentence: /^node2 is offline/,
  },
  {
    id: 'node-unclean',
    when: 'a node waits for fencing',
    parts: {
      status: {
        mon: {
          nodes: [
            {
              name: 'node3',
              online: false,
              standby: false,
              maintenance: false,
              pending: false,
              unclean: true,
            },
          ],
        },
      },
    },
    severity: 'error',
    nodes: ['node3'],
    sentence: /^node3 is unclean/,
  },
  {
    id: 'node-standby',
    when: 'a node is in standby mode',
    parts: { status: { nodes: { node1: { role: 'promoted' }, node2: { permanent: { standby: 'on' } } } } },
    severity: 'warning',
    nodes: ['node2'],
    sentence: /standby mode/,
    fix: /cls_unstandby_node node2/,
  },
  {
    id: 'node-maintenance',
    when: 'a node is in maintenance mode',
    parts: {
      status: { nodes: { node1: { role: 'promoted' }, node2: { permanent: { maintenance: 'true' } } } },
    },
    severity: 'warning',
    nodes: ['node2'],
    sentence: /maintenance mode/,
  },
  {
    id: 'resource-unmanaged',
    when: 'the database is unmanaged',
    parts: {
      status: {
        mon: {
          instances: [
            {
              resource: 'pgsql',
              role: 'promoted',
              nodes: ['node1'],
              managed: false,
              blocked: false,
              failed: false,
            },
          ],
        },
      },
    },
    severity: 'warning',
    sentence: /unmanaged/,
  },
  {
    id: 'resource-blocked',
    when: 'the database is blocked',
    parts: {
      status: {
        mon: {
          instances: [
            {
              resource: 'pgsql',
              role: 'promoted',
              nodes: ['node1'],
              managed: true,
              blocked: true,
              failed: true,
            },
          ],
        },
      },
    },
    severity: 'error',
    nodes: ['node1'],
    sentence: /blocked/,
  },
  {
    id: 'parameters',
    when: 'a parameter cannot be used',
    parts: { parameters: { pgport: 'many' } },
    severity: 'error',
    sentence: /pgport is "many"/,
    fix: /pcs resource update pgsql/,
  },
  {
    id: 'notify',
    when: 'the clone is not notified',
    parts: { cloneMeta: { notify: 'false' } },
    severity: 'error',
    sentence: /notify=true/,
    fix: /^pcs resource meta msPostgresql notify=true$/,
  },
  {
    id: 'monitor',
    when: 'the primary has no monitor',
    parts: { operations: '<op id="a" name="monitor" interval="4s"/>' },
    severity: 'error',
    sentence: /no monitor operation with interval=3s role=Promoted/,
    fix: /^pcs resource op add pgsql monitor interval=3s role=Promoted/,
  },
  {
    id: 'resource-disabled',
    when: 'a VIP was switched off',
    parts: {
      resources:
        '<primitive id="fence" class="stonith" type="x"/><primitive id="vip-slave" class="ocf" provider="heartbeat" type="Dummy"><meta_attributes id="d"><nvpair id="e" name="target-role" value="Stopped"/></meta_attributes></primitive>',
    },
    severity: 'warning',
    sentence: /^vip-slave is switched off/,
    fix: /pcs resource enable vip-slave/,
  },
  {
    id: 'left-behind',
    when: 'a ban was left behind',
    parts: { constraints: location('cli-ban-msPostgresql-on-node2', '-INFINITY') },
    severity: 'warning',
    nodes: ['node2'],
    sentence: /msPostgresql may not be on node2/,
    fix: /^pcs constraint delete cli-ban-msPostgresql-on-node2$/,
  },
  {
    id: 'left-behind',
    when: 'a preference was left behind',
    parts: { constraints: location('cli-prefer-msPostgresql', 'INFINITY') },
    severity: 'warning',
    sentence: /is drawn to on node2|drawn to node2/,
  },
  {
    id: 'no-quorum-policy',
    when: 'no-quorum-policy is ignore with three nodes',
    parts: { status: { options: { 'no-quorum-policy': 'ignore', 'stonith-enabled': 'true' } } },
    severity: 'error',
    sentence: /^no-quorum-policy is ignore/,
    fix: /no-quorum-policy=stop/,
  },
  {
    id: 'no-quorum-policy',
    when: 'no-quorum-policy is ignore with two nodes without fencing',
    parts: {
      ...two({ corosyncValues: { 'quorum.two_node': '1' } }),
      status: { options: { 'no-quorum-policy': 'ignore', 'stonith-enabled': 'false' } },
    },
    severity: 'warning',
    sentence: /two nodes and no fencing/,
  },
  {
    id: 'transition-delay',
    when: 'Pacemaker plans in the very moment of a loss',
    parts: { status: { options: { 'stonith-enabled': 'true', 'transition-delay': '0' } } },
    severity: 'notice',
    sentence: /^transition-delay is 0: after the loss of a node/,
    fix: /^pcs property set --force transition-delay=20ms$/,
  },
  {
    id: 'fencing',
    when: 'fencing is off',
    parts: {
      resources: '<primitive id="x" class="ocf" provider="heartbeat" type="Dummy"/>',
      status: { options: { 'stonith-enabled': 'false' } },
    },
    severity: 'warning',
    sentence: /^stonith-enabled is false: /,
  },
  {
    id: 'fencing',
    when: 'fencing is on without a device',
    parts: { resources: '<primitive id="x" class="ocf" provider="heartbeat" type="Dummy"/>' },
    severity: 'error',
    sentence: /no fence device/,
  },
  {
    id: 'fencing',
    when: 'fencing is off with a device',
    parts: { status: { options: { 'stonith-enabled': 'false' } } },
    severity: 'warning',
    sentence: /though there is a fence device \(fence\)/,
  },
];

checkRows(t, clusterRules, ROWS);
