import { difference, type RuleLine } from '../../ipvs/difference.ts';
import { type ServiceKey, serviceName, type VirtualService } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Reason, reason } from './decision.ts';
import type { Plan, ServerState } from './plan.ts';

/** The virtual services as they should be: the same servers behind each port. */
export const wishedServices = (
  { servers }: Pick<Plan, 'servers'>,
  { vip, ports, scheduling, forward }: DirectorConfig,
): readonly VirtualService[] =>
  ports.map((port) => ({
    vip,
    port,
    scheduling,
    others: '',
    servers: servers
      .filter(({ state }) => state !== 'removed')
      .map(({ machine, weight }) => ({ address: machine.address, port, forward, weight, others: '' })),
  }));

export const changesOf = ({ table }: Snapshot, wished: readonly VirtualService[]): readonly RuleLine[] =>
  table.state === 'known' ? difference(table.services, wished) : [];

/** Those of our services that are in the kernel's table. */
export const ourServices = ({ table }: Snapshot, { vip, ports }: DirectorConfig): readonly ServiceKey[] =>
  table.state === 'known' || table.state === 'toolless'
    ? table.services.filter((service) => service.vip === vip && ports.includes(service.port))
    : [];

/** Where the list of servers comes from, if that is not as it should be. */
export const sourceReasons = ({ candidates, cluster }: Snapshot): readonly Reason[] => [
  ...(cluster.known
    ? []
    : [
        reason('cluster.unknown', `the cluster does not answer: ${cluster.reason}; the servers stay`, 'warn'),
      ]),
  ...(candidates.hosts.known
    ? []
    : [reason('list.unknown', `${candidates.hosts.reason}; the servers stay as they are`, 'warn')]),
  ...(candidates.insteadOf === undefined
    ? []
    : [reason('list.instead', `${candidates.insteadOf}; the cluster's own list counts instead`, 'warn')]),
];

const LEVELS: Readonly<Record<ServerState, Reason['level']>> = {
  serving: 'info',
  starting: 'info',
  quiet: 'info',
  draining: 'info',
  removed: 'warn',
  kept: 'warn',
  lagging: 'warn',
  sorry: 'warn',
};

/** Why the table is as it is: one sentence for each server, and for each that cannot be one. */
export const reasonsOf = (plan: Plan, config: DirectorConfig): readonly Reason[] => {
  const name = serviceName({ vip: config.vip, port: config.ports[0] ?? 0 });
  const inTable = plan.servers.filter(({ weight }) => weight > 0);
  return [
    ...plan.servers.map(({ machine, state, weight, rule, why }) => ({
      ...reason(
        rule,
        `${machine.host} (${machine.address}): ${state}, weight ${weight}: ${why}`,
        LEVELS[state],
      ),
      key: `${rule} ${machine.address} ${state}`,
    })),
    ...plan.omitted.map(({ host, rule, why }) => reason(rule, `${host} is no server: ${why}`)),
    ...(plan.sorryRefusal === undefined
      ? []
      : [
          reason(
            'sorry.refused',
            `sorry_server=${config.sorryServer} cannot help: ${plan.sorryRefusal}`,
            'warn',
          ),
        ]),
    ...(inTable.length === 0
      ? [reason('servers.none', `nobody serves ${name}: connections to it are refused`, 'error')]
      : []),
  ];
};
