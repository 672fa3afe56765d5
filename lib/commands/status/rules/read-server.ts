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
  'server.unchecked': check,
  'server.unreachable': (_server, { resource: { config } }) => ({
    command: `pcs resource cleanup ${config?.dependentResource}`,
  }),
  'server.unresolved': ({ host }, balancer) => onDirector(`getent hosts ${host}`, balancer),
  'server.no-attribute': (_server, { resource: { id } }) => ({ command: `pcs resource config ${id}` }),
  'server.cluster-unknown': (_server, balancer) => onDirector('crm_mon -1', balancer),
  'list.unknown': (_server, balancer) => onDirector(balancer.resource.getScript || 'crm_mon -1', balancer),
};

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
      return { severity: 'warning', sentence: `${why}.`, command: 'cls_status --watch' };
    case 'draining':
      return { severity: 'note', sentence: `${host} is leaving the read servers: ${why}.` };
    case 'kept':
      return { severity: 'warning', sentence: `the server ${host} ${why}.`, ...fix };
    case 'out':
      return fix === undefined
        ? undefined
        : { severity: 'warning', sentence: `${host} serves no reads: ${why}.`, ...fix };
    case 'serving':
    case 'starting':
    case 'quiet':
      return undefined;
  }
}
