import { hasFollower } from '../../lvs/director/follower.ts';
import { parseReport, type Report, reportName } from '../../lvs/director/report.ts';
import type { Connections } from '../../lvs/ipvs/connections.ts';
import { type IpvsAnswer, isIpvsLoaded, readConnections, readTable } from '../../lvs/ipvs/ipvsadm.ts';
import { type MonReport, startedOn } from '../../pacemaker/crm-mon.ts';
import { queryPrivate } from '../../pacemaker/private-attributes.ts';
import type { PrimitiveConfig } from '../../pacemaker/resources.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { type Fact, mapFact, unknown } from '../../system/fact.ts';
import { type DirectorResource, directorResources } from './director-resource.ts';

/** What is known of one balancer of reads. */
export interface BalancerSnapshot {
  readonly resource: DirectorResource;
  /** Where Pacemaker has it started; undefined while that is nowhere, or in several places. */
  readonly director: string | undefined;
  /** What the director has told; undefined when it has told nothing. */
  readonly report: Fact<Report | undefined>;
  /** What only the director itself can see. */
  readonly machine: Fact<DirectorMachine>;
}

export interface DirectorMachine {
  readonly table: IpvsAnswer;
  readonly connections: Connections;
  /** Whether the process runs that follows events of the cluster. */
  readonly isFollowed: boolean;
}

const ANSWER_MS = 3_000;

/** Every balancer that the cluster has, as far as this node can see it. Reads only. */
export const observeBalancers = (
  { self, primitives, mon }: Whereabouts,
  deadline: Deadline,
): Promise<readonly BalancerSnapshot[]> =>
  Promise.all(
    directorResources(primitives).map(async (resource) => {
      const director = directorOf(resource, mon);
      const limit = within(deadline, ANSWER_MS);
      const [published, machine] = await Promise.all([
        director === undefined ? unknown('it is not active') : queryPrivate(reportName(resource.id), limit),
        director === self ? lookHere(resource, limit) : unknown('only its director can see that'),
      ]);
      const report = mapFact(published, (texts) => {
        // What a node has told that was the director before counts for nothing.
        const text = texts.get(director ?? '');
        return text === undefined ? undefined : parseReport(text);
      });
      return { resource, director, report, machine };
    }),
  );

interface Whereabouts {
  readonly self: string;
  readonly primitives: readonly PrimitiveConfig[];
  readonly mon: MonReport;
}

const directorOf = ({ id }: DirectorResource, mon: MonReport): string | undefined => {
  const [node, another] = startedOn(mon, id);
  return another === undefined ? node : undefined;
};

/** Root alone may look. Nothing is loaded into the kernel by that. */
async function lookHere({ id }: DirectorResource, deadline: Deadline): Promise<Fact<DirectorMachine>> {
  try {
    if (!isIpvsLoaded()) return unknown('this kernel has no IPVS now');
    const table = await readTable(deadline);
    const connections = readConnections();
    if (table.state !== 'known') return unknown(table.reason);
    return mapFact(connections, (counts) => ({ table, connections: counts, isFollowed: hasFollower(id) }));
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}
