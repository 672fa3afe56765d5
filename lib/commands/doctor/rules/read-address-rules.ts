import { isTrue } from '../../../pacemaker/nvpairs.ts';
import { areTogether, comesBefore } from '../placement.ts';
import { finding, type Rule } from '../rule.ts';
import { ofRunningBalancers } from './balancers.ts';
import { seconds } from './intervals.ts';

const GROUP = 'Read balancing';

/** What is noticed by the monitor alone, such as a server that falls behind, waits that long. */
const LONGEST_INTERVAL_MS = 10_000;

/** How the balancer is defined: its parameters, the address before it, and how often it is looked at. */
export const readAddressRules: readonly Rule[] = [
  {
    id: 'balancer-parameters',
    group: GROUP,
    checks: "the balancer's parameters can be used",
    find: ({ balancers }) =>
      balancers.length === 0
        ? undefined
        : balancers.flatMap(({ id, objections }) =>
            objections.map((sentence) =>
              finding(
                'error',
                [],
                `the definition of ${id} is wrong: ${sentence}`,
                `pcs resource update ${id} NAME=VALUE`,
              ),
            ),
          ),
  },
  {
    id: 'balancer-advice',
    group: GROUP,
    checks: "the balancer's parameters are what is meant",
    find: ofRunningBalancers(({ balancer: { id, notices, config }, cluster: { primitives } }) => {
      const database = primitives.find((each) => each.id === config?.database);
      const isLimited = config !== undefined && (config.maxLagBytes > 0 || config.maxLagSeconds > 0);
      return [
        ...notices.map((sentence) => finding('notice', [], `${id}: ${sentence}`)),
        ...(isLimited && !isTrue(database?.parameters.get('publish_lag'))
          ? [
              finding(
                'warning',
                [],
                `${id} has a limit for the lag, and ${config.database} does not publish it: no server is ever behind`,
                `pcs resource update ${config.database} publish_lag=true`,
              ),
            ]
          : []),
        ...(config?.sorryServer === ''
          ? [
              finding(
                'notice',
                [],
                `${id} has no sorry server: reads through ${config.vip} are refused while no standby serves`,
                `pcs resource update ${id} sorry_server=primary`,
              ),
            ]
          : []),
      ];
    }),
  },
  {
    id: 'read-address',
    group: GROUP,
    checks: 'the read address is where its director is, and comes after it',
    find: ofRunningBalancers(({ balancer: { id, config, addressResource }, cluster: { definition } }) => {
      if (addressResource === undefined)
        return [
          finding(
            'error',
            [],
            `no resource brings ${config?.vip}, the address of ${id}: clients reach nobody`,
            `pcs resource create vip-slave ocf:heartbeat:IPaddr2 ip=${config?.vip}`,
          ),
        ];
      return [
        ...(areTogether(id, addressResource, definition)
          ? []
          : [
              finding(
                'error',
                [],
                `nothing keeps ${id} and ${addressResource} (${config?.vip}) on one node: clients may reach a node that spreads nothing`,
                `pcs constraint colocation add ${id} with ${addressResource} score=INFINITY`,
              ),
            ]),
        ...(comesBefore(id, addressResource, definition)
          ? []
          : [
              finding(
                'warning',
                [],
                `${addressResource} (${config?.vip}) may come before ${id}: until then clients of a new director are refused`,
                `pcs constraint order start ${id} then start ${addressResource} kind=Optional`,
              ),
            ]),
      ];
    }),
  },
  {
    id: 'balancer-monitor',
    group: GROUP,
    checks: 'the balancer is looked at often enough, and has the time for it',
    find: ofRunningBalancers(({ balancer: { id, config, acceptor, getScript, checkScript }, cluster }) => {
      const monitorsOf = (resource: string) =>
        (cluster.definition.operations.get(resource) ?? []).filter(
          ({ name, intervalMs }) => name === 'monitor' && intervalMs > 0,
        );
      const [monitor] = monitorsOf(id);
      const add = (resource: string, options: string): string =>
        `pcs resource op add ${resource} monitor ${options}`;
      const scriptMs = getScript === '' && checkScript === '' ? 0 : (config?.scriptTimeoutMs ?? 0);
      return [
        ...(monitor === undefined
          ? [
              finding(
                'error',
                [],
                `${id} has no recurring monitor: nobody drains, lags, or is checked`,
                add(id, 'interval=5s timeout=30s'),
              ),
            ]
          : []),
        ...(monitor !== undefined && monitor.intervalMs > LONGEST_INTERVAL_MS
          ? [
              finding(
                'warning',
                [],
                `the monitor of ${id} runs every ${seconds(monitor.intervalMs)}: a server that a check finds ill, or that falls behind, goes on getting reads for so long`,
                `pcs resource update ${id} op monitor interval=5s timeout=30s`,
              ),
            ]
          : []),
        // One after the other: the command that lists, and the one that checks.
        ...(monitor?.timeoutMs !== undefined && monitor.timeoutMs <= 2 * scriptMs
          ? [
              finding(
                'warning',
                [],
                `the monitor of ${id} has ${seconds(monitor.timeoutMs)}, and its commands may take twice ${seconds(scriptMs)} (realserver_script_timeout): one that hangs fails it, and the director is started again`,
                `pcs resource update ${id} op monitor interval=5s timeout=${Math.ceil((4 * scriptMs) / 1000)}s`,
              ),
            ]
          : []),
        ...(acceptor !== undefined && monitorsOf(acceptor.id).length === 0
          ? [
              finding(
                'warning',
                [],
                `${acceptor.id} has no recurring monitor: kernel settings that somebody resets are not set again`,
                add(acceptor.id, 'interval=60s timeout=20s'),
              ),
            ]
          : []),
      ];
    }),
  },
];
