import type { ReportedServer } from '../../../lvs/director/report.ts';
import type { BalancerSnapshot } from '../../balancer/observe-balancers.ts';
import type { Finding } from '../problem.ts';

type Fix = Pick<Finding, 'command' | 'commandOn'>;
type Fixer = (server: ReportedServer, balancer: BalancerSnapshot) => Fix;

const onDirector = (command: string, { director }: BalancerSnapshot): Fix =>
  director === undefined ? { command } : { command, commandOn: director };

/** What the director runs, or does, to learn whether the server is well. */
const check: Fixer = ({ host, address }, balancer) => {
  const { checkScript, config } = balancer.resource;
  const port = config?.ports[0] ?? 5432;
  return onDirector(
    checkScript === '' ? `pg_isready -h ${address || host} -p ${port}` : `${checkScript} ${host}`,
    balancer,
  );
};

/**
 * What helps, by the rule of the director that says why a server gets nothing. Rules that are not here are as it should
 * be (the primary is no server, a weight of 0), or another finding has them (a node that is lost).
 */
const FIXES: Readonly<Record<string, Fixer>> = {
  'server.ill': check,
  'server.late': check,
  'server.unchecked': check,
  'server.unreachable': (_server, { resource: { config } }) => ({
    command: `pcs resource cleanup ${config?.dependentResource}`,
  }),
  'server.unresolved': ({ host }, balancer) => onDirector(`getent hosts ${host}`, balancer),
  'server.no-attribute': (_server, { resource: { id } }) => ({ command: `pcs resource config ${id}` }),
  'server.cluster-unknown': (_server, balancer) => onDirector('crm_mon -1', balancer),
};

/** The director's rule for servers that stay since nobody can tell it which they are: that is one finding for all. */
export const NO_LIST = 'list.unknown';

export const listUnknown = ({ why }: ReportedServer, balancer: BalancerSnapshot): Finding => ({
  severity: 'warning',
  sentence: `the servers of ${balancer.resource.id} stay as they are: ${why.replace(/^stays as it is: /, '')}.`,
  ...onDirector(balancer.resource.getScript || 'crm_mon -1', balancer),
});

/** What is said of one server besides its line in the table; undefined when there is no more to say. */
export function serverFinding(server: ReportedServer, balancer: BalancerSnapshot): Finding | undefined {
  const { host, state, why, rule } = server;
  const fix = FIXES[rule]?.(server, balancer);
  switch (state) {
    case 'lagging':
      return {
        severity: 'warning',
        sentence: `${host} gets no new reads until it has caught up: ${why}.`,
        command: 'cls_status --watch',
      };
    case 'sorry':
      return {
        severity: 'warning',
        sentence: `${why}. That ends by itself when enough others serve.`,
        command: 'cls_status --watch',
      };
    case 'draining':
      return { severity: 'note', sentence: `${host} is leaving the read servers: ${why}.` };
    case 'kept':
      return rule === NO_LIST
        ? undefined
        : { severity: 'warning', sentence: `the server ${host} ${why}.`, ...fix };
    case 'out':
      return fix === undefined
        ? undefined
        : { severity: 'warning', sentence: `${host} serves no reads: ${ofItself(why, host)}.`, ...fix };
    case 'serving':
    case 'starting':
    case 'quiet':
      return undefined;
  }
}

/** The director names the server again, for its log. */
const ofItself = (why: string, host: string): string =>
  why.startsWith(`${host} `) ? `it ${why.slice(host.length + 1)}` : why;
