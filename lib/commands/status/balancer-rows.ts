import { presentServers } from '../../lvs/director/decide/plan.ts';
import { activeConnections } from '../../lvs/ipvs/connections.ts';
import type { RealServer } from '../../lvs/ipvs/table.ts';
import type { BalancerSnapshot } from '../balancer/observe-balancers.ts';

/** One balancer of reads. What is not known is null. */
export interface BalancerRow {
  readonly resource: string;
  readonly vip: string | null;
  readonly ports: readonly number[];
  readonly scheduler: string | null;
  /** For how long connections of one client stay with one server. */
  readonly persistentSeconds: number | null;
  readonly forward: string | null;
  readonly director: string | null;
  readonly servers: readonly ServerRow[];
}

export interface ServerRow {
  readonly host: string;
  /** Null for a server that is not in the table. */
  readonly address: string | null;
  /** As the director tells it; `strange` is in its table, and not among the servers that it tells of. */
  readonly state: string;
  readonly weight: number;
  /** Established ones, over all ports; known on the director only. */
  readonly connections: number | null;
  readonly why: string;
}

export const balancerRow = ({ resource, director, report, machine }: BalancerSnapshot): BalancerRow => {
  const { id, config } = resource;
  const told = report.known ? (report.value?.servers ?? []) : [];
  const connectionsOf = (address: string): number | null =>
    machine.known && config !== undefined && address !== ''
      ? activeConnections(machine.value.connections, config, address)
      : null;
  return {
    resource: id,
    vip: config?.vip ?? null,
    ports: config?.ports ?? [],
    scheduler: config?.scheduling.scheduler ?? null,
    persistentSeconds: config?.scheduling.persistence?.seconds ?? null,
    forward: config?.forward ?? null,
    director: director ?? null,
    servers: [
      ...told.map(({ host, address, weight, state, why }) => ({
        host,
        address: address === '' ? null : address,
        state,
        weight,
        connections: connectionsOf(address),
        why,
      })),
      ...strangers({ resource, report, machine }).map(({ address, weight }) => ({
        host: address,
        address,
        state: 'strange',
        weight,
        connections: connectionsOf(address),
        why: 'it is in the table of the director, which does not tell of it',
      })),
    ],
  };
};

type Told = Pick<BalancerSnapshot, 'resource' | 'report' | 'machine'>;

/** Servers in the kernel's table that the director does not tell of. */
export const strangers = ({ resource: { config }, report, machine }: Told): readonly RealServer[] => {
  if (!machine.known || config === undefined || !report.known || report.value === undefined) return [];
  const told = new Set(report.value.servers.map(({ address }) => address));
  return [...presentServers(machine.value, config).values()].filter(({ address }) => !told.has(address));
};

/** Servers that the director tells of, and that are not in the kernel's table, or with another weight. */
export const misplaced = ({
  resource: { config },
  report,
  machine,
}: Told): readonly {
  readonly host: string;
  readonly wished: number;
  readonly found: number | undefined;
}[] => {
  if (!machine.known || config === undefined || !report.known) return [];
  const present = presentServers(machine.value, config);
  return (report.value?.servers ?? [])
    .filter(({ address, weight, state }) => {
      const found = present.get(address)?.weight;
      // The weight of one that is starting rises from monitor to monitor, and is told less often.
      return address !== '' && (state === 'starting' ? found === undefined : found !== weight);
    })
    .map(({ host, address, weight }) => ({ host, wished: weight, found: present.get(address)?.weight }));
};
