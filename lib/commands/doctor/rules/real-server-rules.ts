import { sysctlName } from '../../../lvs/sysctl-record.ts';
import { startedOn } from '../../../pacemaker/crm-mon.ts';
import { wholeLength } from '../../../system/ip-network.ts';
import { acceptors } from '../balancer.ts';
import type { Acceptance } from '../facts/facts.ts';
import { type Finding, finding, type Rule } from '../rule.ts';
import { nodesOf, ofRunningBalancers } from './balancers.ts';

const GROUP = 'Read balancing';

const TUNNEL = /^(tunl|ip6tnl)/;

const harmOf = (path: string, vip: string): string =>
  path.endsWith('rp_filter')
    ? 'it drops what comes out of the tunnel'
    : `it makes ${vip} known in the network, and clients reach it past the director`;

const unsafe = (node: string, vip: string, { wrong }: Acceptance): readonly Finding[] =>
  wrong.map(({ name, is, wanted }) =>
    finding(
      'error',
      [node],
      `${sysctlName(name)} is ${is} instead of ${wanted} on ${node}, a server of reads: ${harmOf(name, vip)}`,
      `sysctl -w ${sysctlName(name)}=${wanted}   (on ${node}; and correct what sets it, in /etc/sysctl.d)`,
    ),
  );

/** Whether every server takes what the director sends it; with address translation it needs nothing for that. */
export const realServerRules: readonly Rule[] = [
  {
    id: 'acceptor',
    group: GROUP,
    checks: 'a resource has the servers accept the read address, as the director sends it to them',
    find: ofRunningBalancers(({ balancer: { id, config, acceptor }, cluster: { primitives, mon } }) => {
      if (config === undefined || config.forward === 'masq') return [];
      // Machines outside the cluster have cls_realserver for it.
      const isOutside = ({ host }: { readonly host: string }): boolean =>
        !mon.nodes.some(({ name }) => name === host);
      if (config.dependentResource === '' && config.list.length > 0 && config.list.every(isOutside))
        return [];
      if (acceptor === undefined) {
        const [other] = acceptors(primitives);
        return [
          finding(
            'error',
            [],
            other === undefined
              ? `forward is ${config.forward}, and no resource of ocf:pha:lvsdr-realsvr has the servers accept ${config.vip}: they drop what ${id} sends them`
              : `${other.id} has the servers accept ${other.server.vip}, and ${id} sends them ${config.vip}`,
            other === undefined
              ? `pcs resource create lvsdr-realsvr ocf:pha:lvsdr-realsvr vip=${config.vip} clone`
              : `pcs resource update ${other.id} vip=${config.vip}`,
          ),
        ];
      }
      const isTunnel = TUNNEL.test(acceptor.server.device);
      if (isTunnel === (config.forward === 'ipip')) return [];
      const device = isTunnel ? 'lo:0' : config.family === 6 ? 'ip6tnl0' : 'tunl0';
      return [
        finding(
          isTunnel ? 'warning' : 'error',
          [],
          `forward of ${id} is ${config.forward}, and ${acceptor.id} has nic_lo=${acceptor.server.device}: ${isTunnel ? 'no tunnel is needed' : 'nobody there opens the tunnel'}`,
          `pcs resource update ${acceptor.id} nic_lo=${device}`,
        ),
      ];
    }),
  },
  {
    id: 'accepts',
    group: GROUP,
    checks: 'every server accepts the read address, and does not make it known',
    find: ofRunningBalancers((side) => {
      const { balancer, cluster } = side;
      const { config, acceptor } = balancer;
      if (config === undefined || acceptor === undefined) return [];
      const active = startedOn(cluster.mon, acceptor.id);
      const { vip, device } = acceptor.server;
      return nodesOf(side).flatMap(({ node, own: { acceptance } }): readonly Finding[] => {
        if (acceptance === null) return [];
        const isActive = active.includes(node);
        if (!acceptance.known)
          return isActive
            ? [
                finding(
                  'warning',
                  [node],
                  `whether ${node} accepts ${vip} is not known: ${acceptance.reason}`,
                ),
              ]
            : [];
        const { hasAddress } = acceptance.value;
        if (isActive && !hasAddress)
          return [
            finding(
              'error',
              [node],
              `${acceptor.id} is active on ${node}, and ${vip} is not on ${device} there: it drops what the director sends`,
              `pcs resource refresh ${acceptor.name}`,
            ),
          ];
        if (isActive) return unsafe(node, vip, acceptance.value);
        return hasAddress
          ? [
              finding(
                'warning',
                [node],
                `${node} has ${vip} on ${device}, where ${acceptor.id} is not active: reads of ${node} itself never leave it`,
                `ip address delete ${vip}/${wholeLength(vip)} dev ${device}   (on ${node})`,
              ),
            ]
          : [];
      });
    }),
  },
  {
    id: 'acceptor-absent',
    group: GROUP,
    checks: 'every standby is a server of reads',
    find: ofRunningBalancers(({ balancer: { config, acceptor }, cluster: { mon }, situation }) => {
      if (config === undefined || acceptor === undefined || config.forward === 'masq') return [];
      const active = startedOn(mon, acceptor.id);
      const standbys = mon.instances
        .filter(({ resource, role }) => resource === situation.resource?.id && role === 'unpromoted')
        .flatMap(({ nodes }) => nodes);
      const isResting = (node: string): boolean =>
        mon.nodes.some(({ name, standby, maintenance }) => name === node && (standby || maintenance));
      return standbys
        .filter((node) => !active.includes(node) && !isResting(node))
        .map((node) =>
          finding(
            'warning',
            [node],
            `${acceptor.id} is not active on ${node}, a standby: it gets no reads`,
            `pcs resource cleanup ${acceptor.name}; if that does not help: pcs constraint --full`,
          ),
        );
    }),
  },
];
