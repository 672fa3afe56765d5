import { directorResources } from '../../../../../lib/commands/balancer/director-resource.ts';
import type {
  BalancerSnapshot,
  DirectorMachine,
} from '../../../../../lib/commands/balancer/observe-balancers.ts';
import type { ReportedServer } from '../../../../../lib/lvs/director/report.ts';
import { parseConnections } from '../../../../../lib/lvs/ipvs/connections.ts';
import { parseRules } from '../../../../../lib/lvs/ipvs/parse.ts';
import type { MonInstance, MonReport } from '../../../../../lib/pacemaker/crm-mon.ts';
import type { PrimitiveConfig } from '../../../../../lib/pacemaker/resources.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';

const primitive = (
  id: string,
  [standard, provider, type]: readonly [string, string, string],
  parameters: Readonly<Record<string, string>>,
  meta: Readonly<Record<string, string>> = {},
): PrimitiveConfig => ({
  ...{ id, standard, provider, type },
  parameters: new Map(Object.entries(parameters)),
  meta: new Map(Object.entries(meta)),
  operations: [],
});

export interface BalancerParts {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly meta?: Readonly<Record<string, string>>;
  readonly director?: string | undefined;
  readonly servers?: readonly ReportedServer[];
  readonly sorryRefusal?: string;
  /** The director has told nothing. */
  readonly isSilent?: boolean;
  /** Lines of `ipvsadm -Sn`, when cls_status runs on the director. */
  readonly rules?: readonly string[];
  readonly isFollowed?: boolean;
}

export const served = (host: string, parts: Partial<ReportedServer> = {}): ReportedServer => ({
  host,
  address: `192.168.0.23${host.replace('node', '')}`,
  weight: 1,
  state: 'serving',
  why: `pgsql-status of ${host} is HS:sync`,
  rule: 'server.attribute',
  ...parts,
});

export const WELL_SERVED = [served('node2'), served('node3')];

/** lvsdr as the template has it: the director is node2, and both standbys serve. */
export const balancer = (parts: BalancerParts = {}): BalancerSnapshot => {
  const [resource] = directorResources([
    primitive(
      'lvsdr',
      ['ocf', 'pha', 'lvsdr'],
      {
        vip: '192.168.0.237',
        port: '5432',
        realserver_dependent_resource: 'lvsdr-realsvr',
        realserver_dependent_attribute_name: 'pgsql-status',
        realserver_dependent_attribute_value: 'HS:sync|HS:async',
        ...parts.parameters,
      },
      parts.meta,
    ),
    primitive('vip-slave', ['ocf', 'heartbeat', 'IPaddr2'], { ip: '192.168.0.237' }),
    primitive('lvsdr-realsvr', ['ocf', 'pha', 'lvsdr-realsvr'], { vip: '192.168.0.237' }),
  ]);
  if (resource === undefined) throw new Error('there is no lvsdr');
  const { servers = WELL_SERVED, sorryRefusal = '' } = parts;
  return {
    resource,
    director: 'director' in parts ? parts.director : 'node2',
    report: known(parts.isSilent ? undefined : { servers, sorryRefusal }),
    machine: parts.rules === undefined ? unknown('only its director can see that') : known(machine(parts)),
  };
};

const machine = ({ rules = [], isFollowed = true }: BalancerParts): DirectorMachine => ({
  table: { state: 'known', services: parseRules(rules.join('\n')) },
  connections: parseConnections(
    'TCP  C0A800ED:1538 rr\n  -> C0A800E8:1538      Route   1      3          0\n',
  ),
  isFollowed,
});

const instance = (resource: string, nodes: readonly string[]): MonInstance => ({
  ...{ resource, nodes, role: nodes.length === 0 ? 'stopped' : 'started' },
  ...{ managed: true, blocked: false, failed: false },
});

/** Where the parts of the balancer run, beside the database of the healthy cluster. */
export const runningOn = (
  pgsql: MonReport,
  places: Readonly<Record<string, readonly string[]>> = {},
): readonly MonInstance[] => [
  ...pgsql.instances,
  ...Object.entries({
    lvsdr: ['node2'],
    'vip-slave': ['node2'],
    'lvsdr-realsvr': ['node2', 'node3'],
    ...places,
  }).map(([resource, nodes]) => instance(resource, nodes)),
];
