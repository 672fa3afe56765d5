import type { DirectorConfig } from '../../../lvs/director/config.ts';
import { directorSysctls } from '../../../lvs/director/decide/sysctls.ts';
import { isIpvsLoaded } from '../../../lvs/ipvs/ipvsadm.ts';
import { missingModules } from '../../../lvs/ipvs/kernel.ts';
import { observe } from '../../../lvs/realsvr/observe.ts';
import { viewOf } from '../../../lvs/realsvr/view.ts';
import { readSysctls } from '../../../lvs/sysctl.ts';
import { shellWords } from '../../../postgres/shell-words.ts';
import { type Deadline, within } from '../../../system/clock.ts';
import { type Fact, known, unknown } from '../../../system/fact.ts';
import { findProgram } from '../../../system/program.ts';
import { checkPort } from '../../../system/tcp-check.ts';
import type { Assignment } from '../assignment.ts';
import { type Acceptor, type Balancer, balancersOfParts, isName, listedHosts } from '../balancer.ts';
import type { Acceptance, BalancerFacts, CommandFacts } from './facts.ts';
import { addressesOf } from './network.ts';
import { examineProgram } from './programs.ts';

/** A machine that is off says nothing. */
const PORT_MS = 2_000;

/** Not set by the director, and good to know. */
export const CONNTRACK = 'net/ipv4/vs/conntrack';

/** What this node is, or would be, to each balancer of reads. Nothing is loaded, run or changed. */
export const examineBalancers = (
  assignment: Assignment,
  deadline: Deadline,
): Promise<readonly BalancerFacts[]> =>
  Promise.all(
    balancersOfParts(assignment.balancing).flatMap((balancer) =>
      balancer.config === undefined ? [] : [examine(balancer, balancer.config, assignment, deadline)],
    ),
  );

async function examine(
  balancer: Balancer,
  config: DirectorConfig,
  { nodes }: Assignment,
  deadline: Deadline,
): Promise<BalancerFacts> {
  const own = new Set(nodes.flatMap(({ name, address }) => [name, address]));
  const hosts = listedHosts(balancer).filter(({ host }) => !own.has(host));
  const [modules, names, outside, acceptance] = await Promise.all([
    missingModules(config.scheduling, config.forward, deadline),
    Promise.all(
      hosts
        .filter(({ host }) => isName(host))
        .map(async ({ host }) => [host, await addressesOf(host, deadline)] as const),
    ),
    Promise.all(
      hosts
        .filter(({ weight }) => weight !== 0)
        .map(async ({ host }) => ({
          host,
          answer: await checkPort(host, config.ports[0] ?? 0, within(deadline, PORT_MS)),
        })),
    ),
    balancer.acceptor === undefined ? null : examineAcceptance(balancer.acceptor, deadline),
  ]);
  return {
    id: balancer.id,
    hasTool: findProgram('ipvsadm') !== undefined,
    isLoaded: isIpvsLoaded(),
    missingModules: modules,
    settings: readSysctls([...Object.keys(directorSysctls(config)), CONNTRACK]),
    names: Object.fromEntries(names),
    commands: [...commandFacts('get', balancer.getScript), ...commandFacts('check', balancer.checkScript)],
    outside,
    acceptance,
  };
}

function commandFacts(kind: CommandFacts['kind'], command: string): readonly CommandFacts[] {
  const [name] = shellWords(command) ?? [];
  return name === undefined ? [] : [{ kind, name, found: examineProgram(name) }];
}

async function examineAcceptance({ id, server }: Acceptor, deadline: Deadline): Promise<Fact<Acceptance>> {
  try {
    const snapshot = await observe(server, id, deadline);
    const view = viewOf(server, snapshot);
    if (view.kind !== 'present') return unknown(view.why);
    return known({
      hasAddress: view.hasAddress,
      wrong: Object.entries(view.wrong).map(([name, wanted]) => ({
        name,
        is: snapshot.settings[name] ?? 'not there',
        wanted,
      })),
    });
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}
