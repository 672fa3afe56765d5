import { clusterNodes, configMessage } from '../../config/index.ts';
import { isTrue, mergeSets } from '../../pacemaker/nvpairs.ts';
import { idOf, resourceTreeOf } from '../../pacemaker/resource-tree.ts';
import { childOf, childrenOf, descendantsOf, type XmlElement } from '../../pacemaker/xml.ts';
import { clusterFacts } from '../../pgsql/cluster-facts.ts';
import { stateNames } from '../../pgsql/names.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { scopeOf } from '../run-state/scope.ts';
import { promotedNodes } from '../status/situation.ts';
import { resourcesIn } from './merge.ts';
import type { NodeServer } from './running-servers.ts';
import type { SetupSnapshot } from './snapshot.ts';

export type SetupStep =
  | { readonly kind: 'back-up'; readonly file: string }
  /** A primary that was started by hand gets its promotion score before Pacemaker finds it, or it would be demoted. */
  | { readonly kind: 'adopt'; readonly node: string; readonly score: string }
  | { readonly kind: 'load'; readonly definitionFile: string }
  | { readonly kind: 'wait' };

type Refusal = readonly [code: CommandExitCode, sentence: string];

/** Whether the definition may be loaded, and what the operator should know before. Pure. */
export function decideSetup(snapshot: SetupSnapshot): Verdict<SetupStep> {
  const refusals = [
    ...quorum(snapshot),
    ...nodes(snapshot),
    ...strangers(snapshot),
    ...master(snapshot),
    ...running(snapshot),
  ];
  const [first] = refusals;
  if (first !== undefined) {
    return {
      kind: 'refused',
      code: first[0],
      sentence: refusals.map(([, sentence]) => sentence).join('\n  '),
    };
  }
  const { changes, definitionFile, backupFile, database } = snapshot;
  if (changes.lines.length === 0) {
    return { kind: 'nothing-to-do', sentence: `the cluster has the definition of ${definitionFile} already` };
  }
  const starts = database !== undefined && !isSwitchedOff(snapshot, database.name);
  return {
    kind: 'plan',
    plan: {
      purpose: `the cluster gets the definition of ${definitionFile}:\n${changes.lines.map((line) => `  ${line}`).join('\n')}`,
      warnings: warningsOf(snapshot),
      steps: [
        { kind: 'back-up', file: backupFile },
        ...adopted(snapshot).map(
          (node) => ({ kind: 'adopt', node, score: stateNames(database?.id ?? '').score }) as const,
        ),
        { kind: 'load', definitionFile },
        ...(starts ? [{ kind: 'wait' } as const] : []),
      ],
    },
  };
}

const quorum = ({ cluster }: SetupSnapshot): readonly Refusal[] =>
  cluster.view.haveQuorum
    ? []
    : [
        [
          CommandExit.NO_QUORUM,
          `${cluster.self} is in a part of the cluster without quorum; start Corosync and Pacemaker on the other nodes`,
        ],
      ];

function nodes({ cluster: { view }, config, configFile }: SetupSnapshot): readonly Refusal[] {
  const unknown = clusterNodes(config).filter((name) => !view.nodes.has(name));
  return unknown.map((name) => {
    const line = config.nodeLines.get(name) ?? 0;
    const sentence = `the cluster has no node ${name} (it has ${enumerate([...view.nodes.keys()])}); correct the name, or add the node (pcs cluster node add ${name})`;
    return [CommandExit.NOT_IN_STATE, configMessage(configFile, { line, sentence })];
  });
}

/** What is there already and would get in the way. */
function strangers({ merged, after, takenAddresses, before }: SetupSnapshot): readonly Refusal[] {
  const state = (sentence: string): Refusal => [CommandExit.NOT_IN_STATE, sentence];
  const kept = merged.kept.flatMap((top) => [top, ...resourcesIn(top)]);
  const keptIds = new Set(kept.map(idOf));
  const defined = resourcesIn(childOf(after, 'resources')).filter((each) => !keptIds.has(idOf(each)));
  const doubles = kept.flatMap((old) =>
    (['ip', 'pgdata'] as const).flatMap((name) => {
      const value = parametersOf(old).get(name);
      const same = defined.find((each) => value !== undefined && parametersOf(each).get(name) === value);
      if (same === undefined) return [];
      return [
        state(
          `the cluster's resource ${idOf(old)} has ${name} ${value}, as ${idOf(same)} of the definition; remove one of them (pcs resource delete ${idOf(old)})`,
        ),
      ];
    }),
  );
  const conflicts = merged.conflicts.map((id) =>
    state(
      `the cluster's ${id} holds resources that the definition has elsewhere, and others, which would be lost; take ${id} apart first`,
    ),
  );
  const fencing = kept.filter(({ attributes }) => attributes.get('class') === 'stonith').map(idOf);
  const off =
    fencing.length > 0 && isTrue(fencingEnabled(before)) && !isTrue(fencingEnabled(after))
      ? [
          state(
            `the definition turns fencing off (stonith-enabled=false), and the cluster fences with ${enumerate(fencing)}; remove that line from the definition, or name fence_agent in config.ini`,
          ),
        ]
      : [];
  return [...takenAddresses.map(state), ...doubles, ...conflicts, ...off];
}

const parametersOf = (resource: XmlElement): ReadonlyMap<string, string> =>
  mergeSets(childrenOf(resource, 'instance_attributes')).values;

const fencingEnabled = (configuration: XmlElement): string =>
  mergeSets(childrenOf(childOf(configuration, 'crm_config'), 'cluster_property_set')).values.get(
    'stonith-enabled',
  ) ?? 'true';

function master({ cluster, config, database, master: name }: SetupSnapshot): readonly Refusal[] {
  if (name === undefined) return [];
  if (!clusterNodes(config).includes(name)) {
    return [
      [
        CommandExit.ARGUMENTS,
        `${name} is no node of config.ini; name one of ${enumerate(clusterNodes(config))}`,
      ],
    ];
  }
  const state = (sentence: string): readonly Refusal[] => [[CommandExit.NOT_IN_STATE, sentence]];
  if (database === undefined)
    return state('the definition has no database (ocf:pha:pgsql) to name a primary of');
  const { view, mon } = cluster;
  if (view.nodes.get(name)?.online !== true) {
    return state(
      `${name} is offline, so that it cannot be the primary; start its cluster software, or name another`,
    );
  }
  const [primary] = promotedNodes(database, mon);
  if (primary !== undefined && primary !== name) {
    return state(
      `${primary} is the primary; load the definition without a name, then run cls_online_switch ${name}`,
    );
  }
  const recorded = clusterFacts(view, stateNames(database.id)).replInfo;
  if (recorded !== undefined && recorded.node !== name) {
    return state(
      `the cluster has recorded ${recorded.node} as the primary, and its data come first; if they are lost for good, run cls_reset_master ${name}`,
    );
  }
  return [];
}

const primariesOf = ({ servers }: SetupSnapshot): readonly string[] =>
  servers.flatMap(({ node, state }) => (state === 'primary' ? [node] : []));

/** Who is to be the first primary: named by the operator, or recorded in the cluster. */
const wantedPrimary = ({ cluster, database, master: name }: SetupSnapshot): string | undefined =>
  name ??
  (database === undefined ? undefined : clusterFacts(cluster.view, stateNames(database.id)).replInfo?.node);

/**
 * Whose promotion score is set before Pacemaker finds its server: a primary that was seen, or the one that is wanted
 * where none was seen and it could not be asked. A server that does not run makes a score of its own when it starts.
 */
function adopted(snapshot: SetupSnapshot): readonly string[] {
  const primaries = primariesOf(snapshot);
  if (primaries.length > 0) return primaries;
  const wanted = wantedPrimary(snapshot);
  return snapshot.servers.flatMap(({ node, state }) =>
    node === wanted && state === 'unknown' ? [node] : [],
  );
}

/** A database that was started by hand and is to go on running. */
function running(snapshot: SetupSnapshot): readonly Refusal[] {
  const { cluster, database, servers } = snapshot;
  if (database === undefined) return [];
  const [primary, ...more] = primariesOf(snapshot);
  const wanted = wantedPrimary(snapshot);
  const state = (sentence: string): readonly Refusal[] => [[CommandExit.NOT_IN_STATE, sentence]];
  if (primary !== undefined && more.length > 0) {
    return state(
      `PostgreSQL runs as a primary on ${enumerate([primary, ...more])}; stop it where the data are not wanted, and make a standby of that node (pg_basebackup)`,
    );
  }
  if (primary !== undefined) {
    return wanted === undefined || wanted === primary
      ? []
      : state(
          `PostgreSQL runs as a primary on ${primary}, and ${wanted} is to be it; stop it there, or name ${primary}`,
        );
  }
  if (wanted !== undefined) return [];
  // One of these may be the primary that clients use: Pacemaker would take it for a standby and restart it.
  return servers
    .flatMap((server) =>
      (server.state === 'unknown' || server.state === 'refused') &&
      cluster.view.nodes.get(server.node)?.online === true
        ? [server]
        : [],
    )
    .flatMap(({ node, why }) =>
      state(
        `whether PostgreSQL runs as a primary on ${node} cannot be seen from here (${why}); name the node that is to be the primary (cls_setup ${node}), or run cls_setup on ${node}`,
      ),
    );
}

function warningsOf(snapshot: SetupSnapshot): readonly string[] {
  const { cluster, servers, config, changes, merged, before, after } = snapshot;
  const running = new Set(
    cluster.mon.instances.filter(({ nodes }) => nodes.length > 0).map(({ resource }) => resource),
  );
  const restarted = changes.restarted.filter((id) => running.has(id));
  const more = [...cluster.view.nodes.values()].filter(
    ({ name, remote }) => !remote && !clusterNodes(config).includes(name),
  );
  return [
    ...servers.flatMap((server) => warningOf(server)),
    ...listWarnings(snapshot),
    ...(restarted.length === 0
      ? []
      : [`Pacemaker restarts ${enumerate(restarted)}, whose parameters change: writes stop for that long`]),
    ...(more.length === 0
      ? []
      : [
          `the cluster has ${enumerate(more.map(({ name }) => name))}, which config.ini does not name; Pacemaker may start resources there, too, unless a location constraint forbids it`,
        ]),
    ...(merged.kept.length === 0
      ? []
      : [
          `resources that the definition does not have stay as they are: ${enumerate(merged.kept.map(idOf))}`,
        ]),
    ...(merged.keptConstraints.length === 0
      ? []
      : [
          `constraints of these resources that the definition does not have stay as they are: ${enumerate(merged.keptConstraints)}; where one is not wanted: pcs constraint delete NAME`,
        ]),
    ...changes.removed.map((what) => `${what} is removed from the cluster: the definition does not have it`),
    ...(isTrue(fencingEnabled(before)) && !isTrue(fencingEnabled(after))
      ? ['there is no fencing: a node that hangs may keep an address; name fence_agent in config.ini']
      : []),
  ];
}

/** cls_start and cls_stop go by it. */
function listWarnings({ config, database, after }: SetupSnapshot): readonly string[] {
  if (database === undefined) return [];
  const line = config.lines.get('RESOURCE_LIST') ?? 0;
  const { complaints } = scopeOf(resourceTreeOf(after), database.id, config.values.RESOURCE_LIST);
  return complaints.map((sentence) => configMessage('config.ini', { line, sentence }));
}

const warningOf = (server: NodeServer): readonly string[] =>
  server.state === 'unknown'
    ? [
        `whether PostgreSQL runs as a primary on ${server.node} could not be asked (${server.why}); if it does, Pacemaker restarts it`,
      ]
    : [];

/** Loading leaves it so. */
const isSwitchedOff = ({ after }: SetupSnapshot, resource: string): boolean =>
  descendantsOf(after, 'clone', 'primitive', 'group')
    .filter((each) => idOf(each) === resource)
    .some(
      (each) =>
        mergeSets(childrenOf(each, 'meta_attributes')).values.get('target-role')?.toLowerCase() === 'stopped',
    );
