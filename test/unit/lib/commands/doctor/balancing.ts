/** A cluster that spreads its reads, in which nothing is wrong but what the test says. */
import type { Acceptance, BalancerFacts } from '../../../../../lib/commands/doctor/facts/facts.ts';
import type { MonInstance } from '../../../../../lib/pacemaker/crm-mon.ts';
import { known } from '../../../../../lib/system/fact.ts';
import { NODES, type Parts } from './builders.ts';

export const READ_VIP = '192.168.0.237';

type Pairs = Readonly<Record<string, string>>;

export interface Balancing {
  /** Of lvsdr; an empty value takes one away. */
  readonly parameters?: Pairs;
  /** Of lvsdr-realsvr; null for none. */
  readonly acceptor?: Pairs | null;
  readonly hasAddress?: boolean;
  readonly constraints?: string;
  readonly monitor?: string;
  readonly acceptorMonitor?: string;
  readonly active?: readonly string[];
  readonly nodes?: Readonly<Record<string, Partial<BalancerFacts>>>;
  readonly database?: Pairs;
}

const primitive = (id: string, agent: string, parameters: Pairs, operations = ''): string => {
  const [provider, type] = agent.split(':');
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('');
  return `<primitive id="${id}" class="ocf" provider="${provider}" type="${type}"><instance_attributes id="${id}-a">${pairs}</instance_attributes>
    <operations>${operations}</operations></primitive>`;
};

const GOOD_ACCEPTANCE: Acceptance = { hasAddress: true, wrong: [] };

const facts = (node: string, parts: Partial<BalancerFacts>): BalancerFacts => ({
  id: 'lvsdr',
  hasTool: true,
  isLoaded: node === 'node2',
  missingModules: [],
  settings: {
    'net/ipv4/ip_forward': '1',
    'net/ipv4/vs/expire_nodest_conn': '1',
    'net/ipv4/vs/conntrack': '0',
  },
  names: {},
  commands: [],
  outside: [],
  acceptance: known(node === 'node1' ? { ...GOOD_ACCEPTANCE, hasAddress: false } : GOOD_ACCEPTANCE),
  ...parts,
});

const started = (resource: string, nodes: readonly string[]): readonly MonInstance[] =>
  nodes.map((node) => ({
    resource,
    role: 'started',
    nodes: [node],
    managed: true,
    blocked: false,
    failed: false,
  }));

export const CONSTRAINTS =
  '<rsc_colocation id="together" rsc="lvsdr" with-rsc="vip-slave" score="INFINITY"/><rsc_order id="before" first="lvsdr" then="vip-slave"/>';

/** The director is node2. */
export const balancing = (parts: Balancing = {}): Parts => ({
  resources: [
    '<primitive id="fence" class="stonith" type="fence_x"/>',
    primitive(
      'lvsdr',
      'pha:lvsdr',
      {
        vip: READ_VIP,
        port: '5432',
        realserver_dependent_resource: 'lvsdr-realsvr',
        sorry_server: 'primary',
        ...parts.parameters,
      },
      parts.monitor ?? '<op id="lm" name="monitor" interval="5s" timeout="30s"/>',
    ),
    parts.acceptor === null
      ? ''
      : `<clone id="lvsdr-realsvr-clone">${primitive(
          'lvsdr-realsvr',
          'pha:lvsdr-realsvr',
          { vip: READ_VIP, nic_lo: 'lo:0', ...parts.acceptor },
          parts.acceptorMonitor ?? '<op id="rm" name="monitor" interval="60s" timeout="20s"/>',
        )}</clone>`,
    parts.hasAddress === false ? '' : primitive('vip-slave', 'heartbeat:IPaddr2', { ip: READ_VIP }),
  ].join(''),
  constraints: parts.constraints ?? CONSTRAINTS,
  instances: [
    ...started('lvsdr', ['node2']),
    ...started('vip-slave', ['node2']),
    ...started('lvsdr-realsvr', parts.active ?? ['node2', 'node3']),
  ],
  nodes: Object.fromEntries(
    NODES.map((node) => [node, { facts: { balancers: [facts(node, parts.nodes?.[node] ?? {})] } }]),
  ),
  ...(parts.database === undefined ? {} : { parameters: parts.database }),
});
