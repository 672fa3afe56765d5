import { configMessage } from '../../../config/index.ts';
import { parseInterval } from '../../../pacemaker/definition.ts';
import { nodeRows } from '../../status/node-rows.ts';
import { clusterRules as statusClusterRules } from '../../status/rules/cluster-rules.ts';
import { resourceRules as statusResourceRules } from '../../status/rules/resource-rules.ts';
import { clusterSituation } from '../../status/situation.ts';
import { finding, type Rule } from '../rule.ts';
import { asksFromWithin, isReplicated, type RunningCluster, type Situation } from '../situation.ts';

const GROUP = 'Cluster';

/** What cls_status says of the cluster as well; of the database it knows more. */
const SHARED: Readonly<Record<string, string>> = {
  'no-quorum': 'this part of the cluster has quorum',
  'no-dc': 'a node coordinates the cluster',
  'several-primaries': 'one node at most counts as primary',
  maintenance: 'the cluster is not in maintenance mode',
  'node-offline': 'every node is online',
  'node-unclean': 'no node waits for fencing',
  'node-standby': 'no node is in standby mode',
  'node-maintenance': 'no node is in maintenance mode',
  'resource-unmanaged': 'the database is managed',
  'resource-blocked': 'the database is not blocked',
};

const sharedRules: readonly Rule[] = [...statusClusterRules, ...statusResourceRules].flatMap((rule) => {
  const checks = SHARED[rule.id];
  if (checks === undefined) return [];
  const find: Rule['find'] = ({ self, cluster, resource, source }) => {
    if (cluster === undefined || resource === undefined || source !== 'cluster') return undefined;
    const situation = clusterSituation({ self, ...cluster }, resource);
    return rule
      .find(situation, nodeRows(situation))
      .map(({ severity, node, sentence, command }) =>
        finding(
          severity === 'note' ? 'notice' : severity,
          node === undefined ? [] : [node],
          sentence.replace(/\.$/, ''),
          command,
        ),
      );
  };
  return [{ id: rule.id, group: GROUP, checks, find }];
});

/** A rule that needs a running Pacemaker. */
const ofCluster =
  (find: (cluster: RunningCluster, situation: Situation) => ReturnType<Rule['find']>): Rule['find'] =>
  (situation) =>
    situation.cluster === undefined ? undefined : find(situation.cluster, situation);

const MOVED = /^(cli-ban|cli-prefer|cli-standby|cls-)/;

export const clusterRules: readonly Rule[] = [
  {
    id: 'config-ini',
    group: GROUP,
    checks: 'config.ini is in order',
    find: ({ configProblems, configPath, source }) =>
      source === 'config.ini' || configProblems.length > 0
        ? configProblems.map(({ severity, line, sentence, fix }) =>
            finding(
              severity,
              [],
              configMessage(configPath, { line, sentence }),
              fix ?? `correct ${configPath}, then run cls_doctor again`,
            ),
          )
        : undefined,
  },
  {
    id: 'no-definition',
    group: GROUP,
    checks: 'a database is defined, in the cluster or in config.ini',
    find: ({ source, configPath, configProblems }) =>
      source !== 'nothing' || configProblems.length > 0
        ? []
        : [
            finding(
              'error',
              [],
              `the cluster has no pgsql resource, and there is no ${configPath}: PostgreSQL was not examined`,
              `write ${configPath} (templates/*/config.ini.sample), run ./install.sh, then cls_setup`,
            ),
          ],
  },
  {
    id: 'pacemaker-missing',
    group: GROUP,
    checks: 'Pacemaker runs on this node',
    find: (situation) => {
      const { cluster, self } = situation;
      if (cluster !== undefined) return [];
      if (!asksFromWithin(situation)) return undefined;
      return [
        finding(
          'error',
          [self],
          `Pacemaker does not run on ${self}: nothing is started, and nothing fails over`,
          'pcs cluster start --all',
        ),
      ];
    },
  },
  ...sharedRules,
  {
    id: 'parameters',
    group: GROUP,
    checks: "the resource's parameters can be used",
    find: ({ resource, source }) =>
      resource?.objections.map((sentence) =>
        finding(
          'error',
          [],
          `the definition of ${resource.id} is wrong: ${sentence}`,
          source === 'cluster' ? `pcs resource update ${resource.id} NAME=VALUE` : 'correct config.ini',
        ),
      ),
  },
  {
    id: 'notify',
    group: GROUP,
    checks: 'the clone is notified',
    find: (situation) => {
      const { resource, source } = situation;
      if (resource === undefined || source !== 'cluster' || !isReplicated(situation)) return undefined;
      return /^(true|on|yes|y|1)$/i.test(resource.meta.get('notify') ?? '')
        ? []
        : [
            finding(
              'error',
              [],
              `${resource.name} has not notify=true: no election is held when the primary is lost, and a lost standby is noticed late`,
              `pcs resource meta ${resource.name} notify=true`,
            ),
          ];
    },
  },
  {
    id: 'monitor',
    group: GROUP,
    checks: 'the database is monitored in both roles',
    find: ofCluster(({ definition }, situation) => {
      const { resource } = situation;
      if (resource === undefined || situation.source !== 'cluster') return undefined;
      const monitors = (definition.operations.get(resource.id) ?? []).filter(
        ({ name, intervalMs }) => name === 'monitor' && intervalMs > 0,
      );
      const isPromoted = (role = '') => /^(promoted|master)$/i.test(role);
      const unnoticed = 'a failure there is never noticed';
      const missing = [
        ...(monitors.some(({ role }) => !isPromoted(role)) ? [] : [['interval=4s', unnoticed]]),
        ...(!isReplicated(situation) || monitors.some(({ role }) => isPromoted(role))
          ? []
          : [['interval=3s role=Promoted', `${unnoticed}, and after a failover commits wait for it`]]),
      ];
      return missing.map(([operation, consequence]) =>
        finding(
          'error',
          [],
          `${resource.id} has no monitor operation with ${operation}: ${consequence}`,
          `pcs resource op add ${resource.id} monitor ${operation} timeout=60s`,
        ),
      );
    }),
  },
  {
    id: 'resource-disabled',
    group: GROUP,
    checks: 'no resource is switched off',
    find: ofCluster(({ primitives }) => {
      const off = primitives.filter(({ meta }) => /^stopped$/i.test(meta.get('target-role') ?? ''));
      return off.map(({ id, clone }) =>
        finding(
          'warning',
          [],
          `${clone?.id ?? id} is switched off (target-role=Stopped)`,
          `cls_start, or: pcs resource enable ${clone?.id ?? id}`,
        ),
      );
    }),
  },
  {
    id: 'left-behind',
    group: GROUP,
    checks: 'no ban and no preference was left behind by a move',
    find: ofCluster(({ definition: { locations } }) =>
      locations
        .filter(({ id }) => MOVED.test(id))
        .map(({ id, resource, node, score }) =>
          finding(
            'warning',
            [node],
            `${resource} ${score.startsWith('-') ? 'may not be' : 'is drawn to'} on ${node}: the constraint ${id} was left behind by a move`,
            `pcs constraint delete ${id}`,
          ),
        ),
    ),
  },
  {
    id: 'no-quorum-policy',
    group: GROUP,
    checks: 'a part of the cluster without quorum stops the database',
    find: ofCluster(({ view: { noQuorumPolicy: policy, stonithEnabled } }, { nodes, resource }) => {
      // The arbiter decides, and not the majority.
      if (resource?.parameters.enable_distlock === true && nodes.length === 2) return [];
      if (['stop', 'demote', 'suicide', 'fence'].includes(policy)) return [];
      // With two_node, Corosync says that the node that is left has quorum, whatever the policy.
      if (nodes.length === 2) {
        return stonithEnabled
          ? []
          : [
              finding(
                'warning',
                [],
                `no-quorum-policy is ${policy} with two nodes and no fencing: when they lose sight of each other, both may be primary`,
                'set up fencing: pcs stonith create NAME AGENT OPTIONS, then pcs property set stonith-enabled=true; or have an arbiter decide (enable_distlock, docs/distlock.md)',
              ),
            ];
      }
      return [
        finding(
          'error',
          [],
          `no-quorum-policy is ${policy}: a node that was cut off goes on as primary while the others promote another`,
          'pcs property set no-quorum-policy=stop',
        ),
      ];
    }),
  },
  {
    id: 'transition-delay',
    group: GROUP,
    checks: 'Pacemaker plans at once when a node is lost',
    // Without it Pacemaker asks for the CIB while its own notes of the loss are under way, and then sleeps for a second
    // (do_pe_invoke_callback in controld_schedulerd.c).
    find: ofCluster(({ view: { properties } }) =>
      (parseInterval(properties.get('transition-delay') ?? '0') ?? 0) > 0
        ? []
        : [
            finding(
              'notice',
              [],
              `transition-delay is ${properties.get('transition-delay') ?? 'not set'}: after the loss of a node Pacemaker often plans a second later than it could`,
              'pcs property set --force transition-delay=20ms',
            ),
          ],
    ),
  },
  {
    id: 'fencing',
    group: GROUP,
    checks: 'a node that hangs can be fenced',
    find: ofCluster(({ view: { stonithEnabled }, primitives }) => {
      const devices = primitives.filter(({ standard }) => standard === 'stonith').map(({ id }) => id);
      if (stonithEnabled && devices.length > 0) return [];
      if (stonithEnabled) {
        return [
          finding(
            'error',
            [],
            'stonith-enabled is true, and there is no fence device: nothing is started',
            'pcs stonith create NAME AGENT OPTIONS, or without fencing: pcs property set stonith-enabled=false',
          ),
        ];
      }
      return [
        devices.length > 0
          ? finding(
              'warning',
              [],
              `stonith-enabled is false, though there is a fence device (${devices.join(', ')})`,
              'pcs property set stonith-enabled=true',
            )
          : finding(
              'warning',
              [],
              'stonith-enabled is false: a node that hangs cannot be switched off by the others, and keeps its address until it notices by itself',
              'pcs stonith create NAME AGENT OPTIONS, then pcs property set stonith-enabled=true',
            ),
      ];
    }),
  },
];
