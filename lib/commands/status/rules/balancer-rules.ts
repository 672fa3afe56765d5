import { DOES_NOT_ACCEPT } from '../../../lvs/director/decide/servers.ts';
import { TAKES_NO_CONNECTIONS } from '../../../lvs/director/decide/sorry.ts';
import type { ReportedServer } from '../../../lvs/director/report.ts';
import { serviceName } from '../../../lvs/ipvs/table.ts';
import { isChanging, type MonRole, startedOn } from '../../../pacemaker/crm-mon.ts';
import type { BalancerSnapshot } from '../../balancer/observe-balancers.ts';
import { enumerate } from '../../cli/text.ts';
import { misplaced, strangers } from '../balancer-rows.ts';
import { type Finding, onlyIf, type ProblemRule } from '../problem.ts';
import type { Situation } from '../situation.ts';
import { listUnknown, NO_LIST, serverFinding } from './read-server.ts';

/** A rule that looks at one balancer at a time. */
const perBalancer =
  (find: (balancer: BalancerSnapshot, situation: Situation) => readonly Finding[]): ProblemRule['find'] =>
  (situation) =>
    situation.balancers.flatMap((balancer) => find(balancer, situation));

/** The same for one that has its director. */
const perDirector = (
  find: (balancer: BalancerSnapshot & { readonly director: string }) => readonly Finding[],
): ProblemRule['find'] =>
  perBalancer((balancer) => {
    const { director } = balancer;
    return director === undefined ? [] : find({ ...balancer, director });
  });

const serviceOf = ({ resource: { config } }: BalancerSnapshot): string =>
  config === undefined
    ? 'the read VIP'
    : config.ports.map((port) => serviceName({ vip: config.vip, port })).join(', ');

const logOf = (director: string) => ({
  command: "grep 'lvsdr(' /var/log/pacemaker/pacemaker.log | tail",
  commandOn: director,
});

/** The real servers may be the database itself. */
const ACTIVE: readonly MonRole[] = ['started', 'promoted', 'unpromoted'];

/** What of the reads is not as it should be. Servers that are out for a good reason stand in the table only. */
export const balancerRules: readonly ProblemRule[] = [
  {
    id: 'balancer-parameters',
    find: perBalancer(({ resource: { id, objections } }) =>
      objections.map((sentence) => ({
        severity: 'error',
        sentence: `the definition of ${id} is wrong: ${sentence}.`,
        command: `pcs resource config ${id}`,
      })),
    ),
  },
  {
    id: 'balancer-stopped',
    find: perBalancer((balancer, situation) =>
      // Without quorum nothing is started, and the rule no-quorum says so.
      situation.view.haveQuorum ? whyStopped(balancer, situation) : [],
    ),
  },
  {
    id: 'balancer-failed-action',
    find: perBalancer(({ resource: { id, addressResource, realServer } }, { mon }) =>
      mon.failures
        .filter(({ resource }) => [id, addressResource, realServer].includes(resource))
        .map(({ resource, node, task, exitStatus, exitReason }) => ({
          severity: 'warning',
          node,
          sentence: `${task} of ${resource} failed on ${node} (${exitStatus})${exitReason === '' ? '.' : `: ${exitReason}.`}`,
          command: `pcs resource cleanup ${resource}`,
        })),
    ),
  },
  {
    id: 'read-address',
    find: perBalancer(({ resource: { id, config, addressResource }, director }, situation) => {
      if (director === undefined || config === undefined || addressResource === undefined) return [];
      const places = startedOn(situation.mon, addressResource);
      return onlyIf(!places.includes(director), () => ({
        // The director is started first: it passes by itself.
        severity: situation.mon.instances.some(
          (instance) => instance.resource === addressResource && isChanging(instance),
        )
          ? 'warning'
          : 'error',
        sentence: `${config.vip} (${addressResource}) ${places.length === 0 ? 'is on no node' : `is on ${enumerate(places)}`}, and ${id} on ${director}: clients do not reach the director. Right after a failover this passes by itself; if not, the two need a colocation.`,
        command: places.length === 0 ? `pcs resource cleanup ${addressResource}` : 'pcs constraint --full',
      }));
    }),
  },
  {
    id: 'reads-refused',
    find: perDirector((balancer) =>
      onlyIf(
        balancer.report.known &&
          balancer.report.value !== undefined &&
          !balancer.report.value.servers.some(({ state, weight }) => state !== 'out' && weight > 0),
        () => ({
          severity: 'error',
          sentence: `nobody serves reads: connections to ${serviceOf(balancer)} are refused. Why each server is out stands in the table.`,
          ...logOf(balancer.director),
        }),
      ),
    ),
  },
  {
    id: 'balancer-silent',
    find: perDirector(({ resource: { id }, director, report }) =>
      onlyIf(!report.known || report.value === undefined, () => ({
        severity: 'warning',
        sentence: `the director of ${id} on ${director} does not tell of its servers${report.known ? '' : `: ${report.reason}`}. Its next monitor does; if not, its log says why.`,
        ...logOf(director),
      })),
    ),
  },
  {
    id: 'read-server',
    find: perDirector((balancer) =>
      reported(balancer).flatMap((server) => serverFinding(server, balancer) ?? []),
    ),
  },
  {
    id: 'read-servers-unknown',
    find: perDirector((balancer) =>
      reported(balancer)
        .filter(({ rule }) => rule === NO_LIST)
        .slice(0, 1)
        .map((server) => listUnknown(server, balancer)),
    ),
  },
  {
    id: 'read-server-absent',
    find: perBalancer((balancer, { nodes, facts, mon, view }) => {
      const { config, getScript, realServer } = balancer.resource;
      const isTold = balancer.report.known && balancer.report.value !== undefined;
      if (config === undefined || getScript !== '' || realServer === undefined || !isTold) return [];
      // Where it starts or stops, it is soon otherwise.
      if (mon.instances.some((instance) => instance.resource === realServer && isChanging(instance)))
        return [];
      const wanted = new RegExp(`^(?:${config.attributePattern})$`, 'u');
      const told = new Set(reported(balancer).map(({ host }) => host));
      const active = new Set(
        mon.instances
          .filter(({ resource, role }) => resource === realServer && ACTIVE.includes(role))
          .flatMap(({ nodes }) => nodes),
      );
      return (
        nodes
          .filter((node) => facts.online(node) && !told.has(node) && !active.has(node))
          // It may not run there, and another finding says why.
          .filter((node) => !view.nodes.get(node)?.standby && !view.nodes.get(node)?.maintenance)
          .filter((node) => wanted.test(facts.transient(node, config.attributeName) ?? ''))
          .map((node) => ({
            severity: 'warning',
            node,
            sentence: `${node} could serve reads (${config.attributeName} is ${facts.transient(node, config.attributeName)}), and ${realServer} is not active there.`,
            command: `pcs resource cleanup ${realServer}`,
          }))
      );
    }),
  },
  {
    id: 'sorry-server-refused',
    find: perDirector((balancer) => {
      const { report } = balancer;
      const refusal = report.known ? (report.value?.sorryRefusal ?? '') : '';
      return onlyIf(refusal !== '', () => ({
        severity: 'warning',
        sentence: `too few servers are left, and the sorry server cannot help: ${refusal}${wayToServe(refusal, balancer)}.`,
        ...sorryHelp(refusal, balancer),
      }));
    }),
  },
  {
    id: 'read-server-strange',
    find: perDirector((balancer) => {
      const found = strangers(balancer).map(({ address }) => address);
      return onlyIf(found.length > 0, () => ({
        severity: 'warning',
        sentence: `${enumerate(found)} ${found.length === 1 ? 'is' : 'are'} in the table of IPVS, and ${balancer.resource.id} does not know why. Its next monitor takes ${found.length === 1 ? 'it' : 'them'} out; if not, its log says why.`,
        ...logOf(balancer.director),
      }));
    }),
  },
  {
    id: 'read-server-missing',
    find: perDirector((balancer) =>
      misplaced(balancer).map(({ host, wished, found }) => ({
        severity: 'warning',
        sentence: `${host} should be in the table of IPVS with weight ${wished}, and ${found === undefined ? 'is not' : `has weight ${found}`}. The next monitor of ${balancer.resource.id} mends it; if not, its log says why.`,
        ...logOf(balancer.director),
      })),
    ),
  },
  {
    id: 'balancer-follower',
    find: perDirector(({ resource: { id, config }, director, machine }) =>
      onlyIf(config?.followEvents === true && machine.known && !machine.value.isFollowed, () => ({
        severity: 'warning',
        sentence: `the process of ${id} that follows the cluster's events does not run on ${director}: changes are noticed by the next monitor only, which also starts it again.`,
        ...logOf(director),
      })),
    ),
  },
];

const reported = ({ report }: BalancerSnapshot): readonly ReportedServer[] =>
  report.known ? (report.value?.servers ?? []) : [];

/** What lets the sorry server serve; most of what is in its way passes by itself. */
function sorryHelp(
  refusal: string,
  { director, resource: { config } }: BalancerSnapshot & { readonly director: string },
): Pick<Finding, 'command' | 'commandOn'> {
  return config !== undefined && refusal.includes(TAKES_NO_CONNECTIONS)
    ? { command: `pg_isready -h ${config.sorryServer} -p ${config.ports[0]}`, commandOn: director }
    : { command: 'cls_status --watch' };
}

/** As the template has it, lvsdr-realsvr runs with standbys alone. */
const wayToServe = (refusal: string, { resource: { config } }: BalancerSnapshot): string =>
  refusal.includes(DOES_NOT_ACCEPT) && config?.sorryServer === 'primary'
    ? `; where it stays so, ${config.dependentResource} has to run beside the primary, too (docs/lvs.md, "Sorry server")`
    : '';

/** Switched off, about to come, in several places, or not able to run anywhere. */
function whyStopped({ resource, director }: BalancerSnapshot, situation: Situation): readonly Finding[] {
  const { id, config } = resource;
  if (director !== undefined) return [];
  const refused = `reads through ${config?.vip ?? 'its address'} are not spread`;
  if (resource.isDisabled)
    return [
      {
        severity: 'warning',
        sentence: `${id} is switched off (target-role=Stopped): ${refused}.`,
        command: 'cls_start',
      },
    ];
  const places = startedOn(situation.mon, id);
  if (places.length > 1)
    return [
      {
        severity: 'error',
        sentence: `${id} is active on ${enumerate(places)}: one director is enough, and clients reach one only.`,
        command: `pcs resource cleanup ${id}`,
      },
    ];
  const coming = situation.mon.instances.find(
    ({ resource: each, pending }) => each === id && pending !== undefined,
  );
  return coming === undefined
    ? [
        {
          severity: 'error',
          sentence: `${id} does not run anywhere: ${refused}.`,
          command: `pcs resource cleanup ${id}`,
        },
      ]
    : [
        {
          severity: 'warning',
          sentence: `${id} does not run yet: ${coming.pending?.toLowerCase()}${coming.nodes[0] === undefined ? '' : ` on ${coming.nodes[0]}`}.`,
          command: 'cls_status --watch',
        },
      ];
}
