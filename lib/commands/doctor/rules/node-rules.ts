import { enumerate, formatSeconds } from '../../cli/text.ts';
import { PRODUCTS, type Product } from '../facts/facts.ts';
import { byValue, type Finding, finding, on, type Rule, type Severity } from '../rule.ts';
import { asksFromWithin, examined, type Situation } from '../situation.ts';

const GROUP = 'Nodes';
const CLOCK_MS = 1_000;

const TITLES: Readonly<Record<Product, string>> = {
  pha: 'pha',
  build: 'the installed ocf:pha:pgsql (digest)',
  nodejs: 'Node.js',
  pacemaker: 'Pacemaker',
  corosync: 'Corosync',
  postgresql: 'PostgreSQL',
};

const FIXES: Readonly<Record<Product, string>> = {
  pha: './install.sh',
  build: './install.sh',
  nodejs: 'install the same version of nodejs on every node',
  pacemaker: 'upgrade node by node: cls_standby_node NODE, upgrade, cls_unstandby_node NODE',
  corosync: 'upgrade node by node: cls_standby_node NODE, upgrade, cls_unstandby_node NODE',
  postgresql: 'upgrade node by node: standbys first, then cls_online_switch, then the old primary',
};

const major = (version: string): string =>
  /^9\./.test(version) ? version.slice(0, 3) : (version.split('.')[0] ?? '');

export const nodeRules: readonly Rule[] = [
  {
    id: 'not-examined',
    group: GROUP,
    checks: 'every node was examined',
    find: ({ examinations, source, cluster }) =>
      byValue(
        [...examinations].flatMap(([node, examination]) => {
          // Of a node that is off, nothing can be known; one that is to be used is not well unseen.
          const isWanted = source === 'config.ini' || cluster?.view.nodes.get(node)?.online === true;
          const severity: Severity = isWanted ? 'error' : 'warning';
          return examination.known ? [] : [{ node, value: { severity, reason: examination.reason } }];
        }),
        ({ severity, reason }) => `${severity} ${reason}`,
      ).map(({ value: { severity, reason }, nodes }) =>
        finding(
          severity,
          nodes,
          `${nodes.join(', ')} not examined from here (${reason})`,
          /install\.sh/.test(reason)
            ? './install.sh'
            : "run cls_doctor there too, or let root's ssh work without a password from here",
        ),
      ),
  },
  {
    id: 'asked-from-outside',
    group: GROUP,
    checks: 'the node that asks is one of the cluster',
    find: (situation) => {
      const { self, source, configPath, nodes } = situation;
      if (source !== 'config.ini') return undefined;
      return asksFromWithin(situation)
        ? []
        : [
            finding(
              'notice',
              [],
              `${self}, where this was asked, is no node of ${configPath} (${enumerate(nodes)}), and was not examined`,
              `if it is to be a node, name it in ${configPath}`,
            ),
          ];
    },
  },
  {
    id: 'node-name',
    group: GROUP,
    checks: 'every node is called in the cluster as its host is',
    find: (situation) =>
      examined(situation).flatMap(({ node, facts: { hostName, clusterName } }): readonly Finding[] => {
        const name = clusterName.known ? clusterName.value : node;
        if (name !== node) {
          return [
            finding(
              'error',
              [node],
              `the name ${node} leads to another node: there, Pacemaker calls itself ${name}`,
              `correct ${node} in /etc/hosts`,
            ),
          ];
        }
        const short = hostName.split('.')[0];
        if (hostName === node || short === node) return [];
        const sameLetters = [hostName, short].some((each) => each?.toLowerCase() === node.toLowerCase());
        return [
          finding(
            sameLetters ? 'warning' : 'notice',
            [node],
            `${node} has the host name ${hostName}${sameLetters ? ', which differs in upper and lower case: resources and attributes are found by one of the two only' : ''}`,
            `hostnamectl set-hostname ${node}   (on ${node})`,
          ),
        ];
      }),
  },
  {
    id: 'node-resolves',
    group: GROUP,
    checks: 'every node knows the names of the others, and none as its own loopback',
    find: (situation) =>
      examined(situation).flatMap(({ node, facts: { names } }) => {
        const unknownNames = Object.entries(names).filter(([, addresses]) => addresses.length === 0);
        const looped = Object.entries(names)
          .filter(([, addresses]) => addresses.some((each) => /^(127\.|::1$)/.test(each)))
          .map(([name]) => name);
        return [
          ...unknownNames.map(([name]) =>
            finding(
              'warning',
              [node],
              `${node} does not know the name ${name}`,
              `/etc/hosts on ${node}: ADDRESS ${name}`,
            ),
          ),
          ...looped.map((name) =>
            finding(
              'warning',
              [node],
              `on ${node} the name ${name} means a loopback address: what is bound to it is not reached by the others`,
              `/etc/hosts on ${node}: remove ${name} from the line of 127.…, and write ADDRESS ${name}`,
            ),
          ),
        ];
      }),
  },
  {
    id: 'clock',
    group: GROUP,
    checks: 'the clocks agree',
    find: ({ examinations, self }) =>
      [...examinations].flatMap(([node, examination]) => {
        if (!examination.known) return [];
        const { aheadMs, errorMs } = examination.value.clock;
        if (Math.abs(aheadMs) - errorMs < CLOCK_MS) return [];
        return [
          finding(
            'warning',
            [node],
            `the clock of ${node} is ${formatSeconds(Math.abs(aheadMs) / 1000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the one of ${self}: logs cannot be compared, and failures expire at the wrong time`,
            `systemctl enable --now chrony   (on every node)`,
          ),
        ];
      }),
  },
  {
    id: 'agents',
    group: GROUP,
    checks: 'every node has the agents that the cluster uses',
    find: (situation) =>
      byValue(
        examined(situation).flatMap(({ node, facts }) =>
          facts.missingAgents.map((agent) => ({ node, value: agent })),
        ),
      ).map(({ value, nodes }) =>
        finding(
          'error',
          nodes,
          `${value} is not installed ${on(nodes)}: nothing that needs it can run there`,
          value.startsWith('ocf:pha:')
            ? './install.sh'
            : value.startsWith('ocf:')
              ? 'install the package resource-agents'
              : 'install the package fence-agents',
        ),
      ),
  },
  {
    id: 'versions',
    group: GROUP,
    checks: 'every node has the same versions',
    find: (situation) => {
      if (examined(situation).length < 2) return undefined;
      return PRODUCTS.flatMap((product) => versionsOf(product, situation));
    },
  },
  {
    id: 'account',
    group: GROUP,
    checks: 'every node can run the database',
    find: (situation) =>
      situation.resource === undefined
        ? undefined
        : byValue(
            examined(situation).flatMap(({ node, facts: { database } }) =>
              database.known || !situation.nodes.includes(node) ? [] : [{ node, value: database.reason }],
            ),
          ).map(({ value, nodes }) =>
            finding('error', nodes, `${value} ${on(nodes)}`, 'install PostgreSQL there, or correct pgdba'),
          ),
  },
];

/** Nodes of one major version of PostgreSQL can replicate; others cannot. */
function versionsOf(product: Product, situation: Situation): readonly Finding[] {
  const versions = examined(situation).flatMap(({ node, facts }) => {
    const version = facts.versions[product];
    return version.known ? [{ node, value: version.value }] : [];
  });
  const groups = byValue(versions);
  if (groups.length < 2) return [];
  const isGrave = product === 'postgresql' && byValue(versions, major).length > 1;
  const list = groups.map(({ value, nodes }) => `${value} ${on(nodes)}`).join(', ');
  return [
    finding(
      isGrave ? 'error' : product === 'nodejs' ? 'notice' : 'warning',
      versions.map(({ node }) => node),
      `${TITLES[product]} differs: ${list}${isGrave ? '; different major versions cannot replicate' : ''}`,
      FIXES[product],
    ),
  ];
}
