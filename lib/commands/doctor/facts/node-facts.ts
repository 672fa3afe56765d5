import { type Deadline, wallClockMs } from '../../../system/clock.ts';
import { type Fact, known, unknown } from '../../../system/fact.ts';
import { hostName } from '../../../system/host.ts';
import { localAddresses } from '../../../system/network.ts';
import { describeFailure, run, succeeded } from '../../../system/process.ts';
import { type Assignment, FORMAT, resourceOf } from '../assignment.ts';
import { examineArbiter } from './arbiter.ts';
import { examineBalancers } from './balancers.ts';
import { examineDatabase } from './database.ts';
import type { NodeFacts } from './facts.ts';
import { addressesOf, examineVip } from './network.ts';
import { examineSecrets } from './secrets.ts';
import { examineCorosync, examineVersions, missingAgents } from './software.ts';

/** Looks at this node, and changes nothing. Everything at once: most of the time is waiting for answers. */
export async function examineThisNode(assignment: Assignment, deadline: Deadline): Promise<NodeFacts> {
  const beganMs = wallClockMs();
  const addresses = localAddresses();
  const resource = assignment.database === null ? undefined : resourceOf(assignment.database);
  const [clusterName, versions, names, vips, corosync, database, balancers, arbiter] = await Promise.all([
    ownName(deadline),
    examineVersions(assignment.ocfRoot, resource?.parameters.pgctl, deadline),
    Promise.all(assignment.nodes.map(async ({ name }) => [name, await addressesOf(name, deadline)] as const)),
    Promise.all(assignment.vips.map((vip) => examineVip(vip, addresses, deadline))),
    examineCorosync(deadline),
    examineDatabase(assignment, deadline),
    examineBalancers(assignment, deadline),
    examineArbiter(assignment.database, deadline),
  ]);
  return {
    format: FORMAT,
    hostName: hostName(),
    clusterName,
    versions,
    missingAgents: missingAgents(assignment),
    addresses,
    names: Object.fromEntries(names),
    vips,
    corosync,
    secrets: examineSecrets(assignment.database),
    database,
    balancers,
    arbiter,
    clock: { beganMs, endedMs: wallClockMs() },
  };
}

async function ownName(deadline: Deadline): Promise<Fact<string>> {
  const result = await run('crm_node', ['--name'], { deadline });
  return succeeded(result) ? known(result.stdout.trim()) : unknown(describeFailure(result));
}
