import type { Deadline } from '../../system/clock.ts';
import type { Fact } from '../../system/fact.ts';
import { observeArbiter } from '../arbiter/observe-arbiter.ts';
import { observeBalancers } from '../balancer/observe-balancers.ts';
import { crmMonText, observeCluster } from '../cluster/observe-cluster.ts';
import { choosePgsqlResource } from '../cluster/pgsql-resource.ts';
import { observeDatabases } from '../database/observe-databases.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { observeDevice } from './observe-device.ts';
import { observeWalRoom } from './observe-room.ts';
import { promotedNodes, type StatusSnapshot } from './situation.ts';

export type Observation =
  | { readonly ok: true; readonly snapshot: StatusSnapshot; readonly crmMon: Fact<string> }
  | {
      readonly ok: false;
      readonly code: CommandExitCode;
      readonly sentence: string;
      /** What there is to show nevertheless. */
      readonly crmMon: Fact<string>;
    };

/** Looks at the cluster, the databases, the balancers of reads and the arbiter; reads only. */
export async function observeStatus(wanted: string | undefined, deadline: Deadline): Promise<Observation> {
  const [cluster, crmMon] = await Promise.all([observeCluster(deadline), crmMonText(deadline)]);
  if (!cluster.known) {
    const sentence = `no cluster information: ${cluster.reason}`;
    return { ok: false, code: CommandExit.NO_CLUSTER_INFORMATION, sentence, crmMon };
  }
  const { self, view, mon, primitives } = cluster.value;
  const choice = choosePgsqlResource(primitives, wanted);
  if (!choice.ok) return { ok: false, code: choice.code, sentence: choice.sentence, crmMon };
  const { resource } = choice;
  const promoted = promotedNodes(resource, mon);
  const primaryNode = promoted.length === 1 ? promoted[0] : undefined;
  const [databases, balancers, arbiter, device] = await Promise.all([
    observeDatabases(resource, { self, primaryNode }, deadline),
    observeBalancers(cluster.value, deadline),
    observeArbiter(resource, deadline),
    observeDevice(resource, deadline),
  ]);
  const walRoom = observeWalRoom(resource, self, mon);
  const asked = {
    ...(walRoom === undefined ? {} : { walRoom }),
    ...(arbiter === undefined ? {} : { arbiter }),
    ...(device === undefined ? {} : { device }),
  };
  return { ok: true, snapshot: { self, resource, view, mon, databases, balancers, ...asked }, crmMon };
}
