import { candidatesOf } from '../../../../../lib/lvs/director/candidates.ts';
import type { DirectorConfig } from '../../../../../lib/lvs/director/config.ts';
import type { ServerPlan } from '../../../../../lib/lvs/director/decide/plan.ts';
import { planServers } from '../../../../../lib/lvs/director/decide/plan.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/lvs/director/memory.ts';
import type { Health, Lag, Snapshot } from '../../../../../lib/lvs/director/snapshot.ts';
import type { RealServer, VirtualService } from '../../../../../lib/lvs/ipvs/table.ts';
import type { ClusterPicture } from '../../../../../lib/pacemaker/picture.ts';
import { type Fact, known, unknown } from '../../../../../lib/system/fact.ts';
import { deepFreeze } from '../../pgsql/builders.ts';

export const VIP = '192.168.0.237';

export const aConfig = (parts: Partial<DirectorConfig> = {}): DirectorConfig =>
  deepFreeze({
    vip: VIP,
    ports: [5432],
    family: 4,
    forward: 'gate',
    scheduling: { scheduler: 'rr', flags: [], persistence: undefined },
    defaultWeight: 1,
    list: [],
    dependentResource: 'lvsdr-realsvr',
    attributeName: 'pgsql-status',
    attributePattern: 'HS:sync|HS:potential|HS:async',
    getScript: [],
    checkScript: [],
    scriptTimeoutMs: 5000,
    drainTimeoutMs: 60_000,
    sorryServer: '',
    leastServers: 1,
    maxLagBytes: 0,
    maxLagSeconds: 0,
    slowStartMs: 0,
    database: 'pgsql',
    followEvents: true,
    sync: undefined,
    ...parts,
  });

/** `node2` has 192.168.0.232. */
export const addressOf = (node: string): string => `192.168.0.23${node.replace('node', '')}`;

export interface Scene {
  /** Status of each node; undefined for one that is not up. */
  readonly nodes?: Readonly<Record<string, string | undefined>>;
  /** Where lvsdr-realsvr is active; without it, on all nodes that are up and not the primary. */
  readonly realservers?: readonly string[];
  readonly self?: string;
  /** Host or address → weight, in the table now. */
  readonly table?: Readonly<Record<string, number>>;
  readonly active?: Readonly<Record<string, number>>;
  readonly printed?: Fact<readonly string[]>;
  readonly health?: Readonly<Record<string, Health>>;
  readonly sorryHealth?: Health;
  readonly lags?: Readonly<Record<string, Lag>>;
  readonly memory?: Partial<Memory>;
  readonly uptimeMs?: number;
  readonly isRegular?: boolean;
  readonly cluster?: Fact<ClusterPicture>;
  /** Further names; undefined for one that does not resolve. */
  readonly names?: Readonly<Record<string, string | undefined>>;
}

export const HEALTHY = { node1: 'PRI', node2: 'HS:sync', node3: 'HS:async' } as const;

export const aSnapshot = (scene: Scene, config: DirectorConfig): Snapshot => {
  const nodes = Object.entries(scene.nodes ?? HEALTHY);
  const up = nodes.filter(([, status]) => status !== undefined);
  const places = scene.realservers ?? up.filter(([, status]) => status !== 'PRI').map(([node]) => node);
  const cluster =
    scene.cluster ??
    known({
      nodes: new Map(nodes.map(([node, status]) => [node, status !== undefined])),
      attributes: new Map(
        up.map(([node, status]) => [node, new Map(status ? [['pgsql-status', status]] : [])]),
      ),
      places: new Map([['lvsdr-realsvr', new Set(places)]]),
    });
  const servers = Object.entries(scene.table ?? {}).map(([host, weight]) => aServer(host, weight, config));
  const hasServers = servers.some(({ weight }) => weight > 0);
  const candidates = candidatesOf(config, cluster, scene.printed, hasServers);
  const hosts = [
    ...nodes.map(([node]) => node),
    ...(candidates.hosts.known ? candidates.hosts.value : []),
    ...config.list.map(({ host }) => host),
    config.sorryServer,
  ];
  const names = scene.names ?? {};
  const resolve = (host: string): Fact<string> => {
    if (/^\d/.test(host)) return known(host);
    const named = host in names ? names[host] : /^node\d$/.test(host) ? addressOf(host) : undefined;
    return named === undefined ? unknown('its name does not resolve') : known(named);
  };
  return deepFreeze({
    self: scene.self ?? 'node2',
    resource: 'lvsdr',
    isProbe: false,
    isRegular: scene.isRegular ?? true,
    round: 0,
    uptimeMs: scene.uptimeMs ?? 1_000_000,
    table: { state: 'known', services: [aService(servers, config)] },
    connections: known(
      new Map(
        Object.entries(scene.active ?? {}).map(([host, active]) => [
          `${VIP}:5432 ${toAddress(host)}:5432`,
          { active, inactive: 0 },
        ]),
      ),
    ),
    settings: {},
    cluster,
    candidates,
    addresses: new Map(hosts.map((host) => [host, resolve(host)])),
    health: new Map(Object.entries(scene.health ?? {}).map(([host, health]) => [toAddress(host), health])),
    sorryHealth: scene.sorryHealth ?? { state: 'unknown', why: 'not asked for' },
    lags: scene.lags === undefined ? unknown('not asked for') : known(new Map(Object.entries(scene.lags))),
    memory: { ...EMPTY_MEMORY, ...scene.memory },
  });
};

export const toAddress = (host: string): string => (/^node\d$/.test(host) ? addressOf(host) : host);

const aServer = (host: string, weight: number, { forward }: DirectorConfig): RealServer => ({
  address: toAddress(host),
  port: 5432,
  forward,
  weight,
  others: '',
});

export const aService = (servers: readonly RealServer[], config: DirectorConfig): VirtualService => ({
  vip: config.vip,
  port: 5432,
  scheduling: config.scheduling,
  others: '',
  servers,
});

/** `node2 serving 1`, in the order of the names. */
export const summary = (servers: readonly ServerPlan[]): readonly string[] =>
  servers.map(({ machine, state, weight }) => `${machine.host} ${state} ${weight}`).sort();

export const plan = (scene: Scene, parts: Partial<DirectorConfig> = {}) => {
  const config = aConfig(parts);
  return planServers(aSnapshot(scene, config), config);
};
