import { directorSysctls } from '../../../lvs/director/decide/sysctls.ts';
import { moduleOf } from '../../../lvs/ipvs/kernel.ts';
import { type Sysctls, sysctlName } from '../../../lvs/sysctl-record.ts';
import { startedOn } from '../../../pacemaker/crm-mon.ts';
import { CONNTRACK } from '../facts/balancers.ts';
import type { BalancerFacts, CommandFacts } from '../facts/facts.ts';
import { type Finding, finding, on, type Rule } from '../rule.ts';
import { examined } from '../situation.ts';
import { type BalancerSide, byValueOn, ofDirectors } from './balancers.ts';

const GROUP = 'Read balancing';

const MORE_MODULES =
  'install the package with more modules of the running kernel (Ubuntu: linux-modules-extra, RHEL: kernel-modules)';

/** What a node lacks for being a director, and what helps. */
function lack({ hasTool, isLoaded, missingModules }: BalancerFacts, scheduler: string) {
  if (!hasTool)
    return { what: 'ipvsadm is not installed', fix: 'apt-get install ipvsadm (or dnf install ipvsadm)' };
  const isFound = !missingModules.includes('ip_vs');
  if (!isLoaded && !isFound)
    return { what: 'the kernel there has no IPVS (module ip_vs)', fix: MORE_MODULES };
  // Where modprobe finds ip_vs it knows all schedulers; else it has no list of the kernel's modules.
  return isFound && missingModules.includes(moduleOf(scheduler))
    ? {
        what: `the kernel there has no scheduler ${scheduler}`,
        fix: `${MORE_MODULES}, or choose another in virtual_service_options`,
      }
    : undefined;
}

const HARM: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': 'nothing is passed on to the servers',
  'net/ipv6/conf/all/forwarding': 'nothing is passed on to the servers',
  'net/ipv4/vs/expire_nodest_conn': 'connections to a server that is lost hang until they time out',
  'net/ipv4/vs/expire_quiescent_template': 'clients that are bound to a server stay with it while it drains',
  'net/ipv4/vs/backup_only': 'a director that was replaced may send packets to and fro',
};

const wrongSettings = (wished: Sysctls, found: Sysctls, node: string): readonly Finding[] =>
  Object.entries(wished)
    .filter(([path, value]) => (found[path] ?? value) !== value)
    .map(([path, value]) =>
      finding(
        'warning',
        [node],
        `${sysctlName(path)} is ${found[path]} instead of ${value} on ${node}, the director: ${HARM[path] ?? 'somebody has changed it'}`,
        `sysctl -w ${sysctlName(path)}=${value}   (on ${node}; and correct what sets it, in /etc/sysctl.d)`,
      ),
    );

const untrackedNat = ({ balancer: { config } }: BalancerSide, found: Sysctls, node: string) =>
  config?.forward === 'masq' && found[CONNTRACK] === '0'
    ? [
        finding(
          'notice',
          [node],
          `${sysctlName(CONNTRACK)} is 0 on ${node}, and forward is masq: rules of iptables and nftables do not know the connections that are spread`,
          `sysctl -w ${sysctlName(CONNTRACK)}=1   (on ${node}), if there are such rules for them`,
        ),
      ]
    : [];

/** What is wrong with a command of the director on one node. */
function flawOf({ name, found }: CommandFacts): string | undefined {
  if (found === null) return `${name} is not there`;
  if (!found.isExecutable) return `${found.path} is not executable`;
  return found.openTo === null
    ? undefined
    : `${found.path} is run by root, and others than root can change ${found.openTo}`;
}

const fixOf = ({ name, found }: CommandFacts): string => {
  if (found === null) return `install ${name}, or correct the parameter`;
  return !found.isExecutable || found.openTo === null
    ? `chmod 755 ${found.path}`
    : `chown root: ${found.openTo} && chmod go-w ${found.openTo}`;
};

/** What a node needs before it can be the director. */
export const directorRules: readonly Rule[] = [
  {
    id: 'director-kernel',
    group: GROUP,
    checks: 'every node on which the director may run has ipvsadm, IPVS and its scheduler',
    find: ofDirectors((side, directors) => {
      const scheduler = side.balancer.config?.scheduling.scheduler ?? 'rr';
      const all = directors.map(({ node, own }) => ({ node, value: lack(own, scheduler) }));
      const isGrave = all.every(({ value }) => value !== undefined);
      return byValueOn(all, ({ what }) => what).map(({ value: { what, fix }, nodes }) =>
        finding(
          isGrave ? 'error' : 'warning',
          nodes,
          `${side.balancer.id} cannot run ${on(nodes)}: ${what}${isGrave ? '; no node that was examined can be its director' : ''}`,
          `${fix}   (${on(nodes)}), or keep it off: pcs constraint location ${side.balancer.id} avoids ${nodes.join(' ')}`,
        ),
      );
    }),
  },
  {
    id: 'director-settings',
    group: GROUP,
    checks: "the director's kernel settings are as it has set them",
    find: ofDirectors((side, directors) => {
      const { cluster } = side.situation;
      const { id, config } = side.balancer;
      const places = cluster === undefined ? [] : startedOn(cluster.mon, id);
      return directors
        .filter(({ node }) => places.includes(node))
        .flatMap(({ node, own: { settings } }) => [
          ...(config === undefined ? [] : wrongSettings(directorSysctls(config), settings, node)),
          ...untrackedNat(side, settings, node),
        ]);
    }),
  },
  {
    id: 'director-sync',
    group: GROUP,
    checks:
      'every node on which the director may run has the interface for the synchronisation of connections',
    find: ofDirectors(({ balancer: { id, config }, situation }, directors) => {
      const device = config?.sync?.interface;
      if (device === undefined) return [];
      const lacking = examined(situation)
        .filter(({ node }) => directors.some((director) => director.node === node))
        .filter(({ facts }) => !facts.addresses.some((each) => each.device === device))
        .map(({ node }) => node);
      return lacking.length === 0
        ? []
        : [
            finding(
              'warning',
              lacking,
              `${device}, the sync_interface of ${id}, is not there or has no address ${on(lacking)}: sessions end with their director`,
              `pcs resource update ${id} sync_interface=INTERFACE   (one that every director has, see ip address; the same for lvsdr-realsvr. It restarts them, which ends sessions)`,
            ),
          ];
    }),
  },
  {
    id: 'director-command',
    group: GROUP,
    checks: 'the commands that the director runs are there, and nobody but root can change them',
    find: ofDirectors((side, directors) => {
      const all = directors.flatMap(({ node, own }) =>
        own.commands.map((command) => {
          const flaw = flawOf(command);
          return { node, value: flaw === undefined ? undefined : { flaw, command } };
        }),
      );
      return byValueOn(all, ({ flaw }) => flaw).map(({ value: { flaw, command }, nodes }) =>
        finding(
          command.found === null || !command.found.isExecutable ? 'error' : 'warning',
          nodes,
          `${on(nodes)}, ${flaw} (${command.kind === 'get' ? 'realserver_get_real_servers_script' : 'realserver_check_active_real_server_script'} of ${side.balancer.id})`,
          `${fixOf(command)}   (${on(nodes)})`,
        ),
      );
    }),
  },
  {
    id: 'listed-host',
    group: GROUP,
    checks: 'every node on which the director may run knows the servers that are named',
    find: ofDirectors((side, directors) => {
      const all = directors.flatMap(({ node, own }) =>
        Object.entries(own.names).map(([host, addresses]) => ({
          node,
          value: addresses.length === 0 ? host : undefined,
        })),
      );
      return byValueOn(all).map(({ value, nodes }) =>
        finding(
          'warning',
          nodes,
          `the server ${value} of ${side.balancer.id} has no address ${on(nodes)}: it is left out`,
          `/etc/hosts ${on(nodes)}: ADDRESS ${value}`,
        ),
      );
    }),
  },
  {
    id: 'outside-server',
    group: GROUP,
    checks: 'servers outside the cluster take connections from the director',
    find: ofDirectors((side, directors) => {
      const port = side.balancer.config?.ports[0];
      const all = directors.flatMap(({ node, own }) =>
        own.outside
          .filter(({ host }) => own.names[host]?.length !== 0)
          .map(({ host, answer }) => ({ node, value: answer.ok ? undefined : { host, why: answer.reason } })),
      );
      return byValueOn(all, ({ host, why }) => `${host} ${why}`).map(({ value: { host, why }, nodes }) =>
        finding(
          'warning',
          nodes,
          `${host}, a server of ${side.balancer.id}, takes no connections at port ${port} from ${nodes.join(', ')} (${why})`,
          `pg_isready -h ${host} -p ${port}   (${on(nodes)}); docs/lvs-outside.md`,
        ),
      );
    }),
  },
];
