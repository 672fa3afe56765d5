import type { ListedServer } from '../../lvs/director/server-list.ts';
import { type RealServer, realServerOf } from '../../lvs/realsvr/real-server.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import { ipVersion } from '../../system/ip-address.ts';
import { type DirectorResource, directorResources } from '../balancer/director-resource.ts';

/** A balancer of reads, and what has its servers accept the address. */
export interface Balancer extends DirectorResource {
  /** Undefined when no resource of ocf:pha:lvsdr-realsvr has the address of this balancer. */
  readonly acceptor: Acceptor | undefined;
}

/** A resource of ocf:pha:lvsdr-realsvr. */
export interface Acceptor {
  readonly id: string;
  /** How pcs knows it: its clone, if it has one. */
  readonly name: string;
  readonly server: RealServer;
}

/** A resource that has to do with spreading reads, as it travels between nodes. */
export type BalancerPart = Pick<PrimitiveConfig, 'id' | 'type'> & {
  readonly parameters: Readonly<Record<string, string>>;
};

const TYPES: readonly string[] = ['lvsdr', 'lvsdr-realsvr'];

export const balancerParts = (primitives: readonly PrimitiveConfig[]): readonly BalancerPart[] =>
  primitives
    .filter(
      ({ standard, provider, type }) => standard === 'ocf' && provider === 'pha' && TYPES.includes(type),
    )
    .map(({ id, type, parameters }) => ({ id, type, parameters: Object.fromEntries(parameters) }));

/** On the node that is asked: the same balancers, as far as they are known by these parts. */
export const balancersOfParts = (parts: readonly BalancerPart[]): readonly Balancer[] =>
  balancersOf(
    parts.map(({ id, type, parameters }) => ({
      id,
      standard: 'ocf',
      provider: 'pha',
      type,
      parameters: new Map(Object.entries(parameters)),
      meta: new Map(),
      operations: [],
    })),
  );

export const balancersOf = (primitives: readonly PrimitiveConfig[]): readonly Balancer[] =>
  directorResources(primitives).map((director) => ({
    ...director,
    acceptor: acceptors(primitives).find(({ server }) => server.vip === director.config?.vip),
  }));

export const acceptors = (primitives: readonly PrimitiveConfig[]): readonly Acceptor[] =>
  primitives
    .filter(({ provider, type }) => provider === 'pha' && type === 'lvsdr-realsvr')
    .map(({ id, clone, parameters }) => ({
      id,
      name: clone?.id ?? id,
      server: realServerOf(parameters.get('vip') ?? '', parameters.get('nic_lo') ?? 'lo:0'),
    }));

/** Hosts that the parameters name: servers with their weights, and the sorry server. */
export const listedHosts = ({ config }: Balancer): readonly Required<ListedServer>[] =>
  config === undefined
    ? []
    : [
        ...config.list.map(({ host, weight }) => ({ host, weight: weight ?? config.defaultWeight })),
        ...(['', 'primary'].includes(config.sorryServer) ? [] : [{ host: config.sorryServer, weight: 1 }]),
      ];

export const isName = (host: string): boolean => ipVersion(host) === undefined;
