import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';
import {
  attributeOf,
  isCutOff,
  type Machine,
  type Machines,
  statusName,
  weightOf,
  whyCutOff,
} from './servers.ts';

type Sorry =
  /** `isSure`: it takes connections. */
  | { readonly ok: true; readonly machine: Machine; readonly isSure: boolean; readonly why: string }
  | { readonly ok: false; readonly why: string };

const sorryMachine = (snapshot: Snapshot, config: DirectorConfig, machines: Machines): Sorry => {
  const found = config.sorryServer === 'primary' ? primary(snapshot, config) : named(config);
  if (!found.ok) return found;
  const machine = machines.byHost(found.host);
  if (machine === undefined) return { ok: false, why: `${found.host} has no address` };
  const refusal = refusalOf(machine, snapshot, config);
  if (refusal !== undefined) return { ok: false, why: refusal };
  const isSure = config.sorryServer === 'primary' || snapshot.sorryHealth.state === 'well';
  return { ok: true, machine, isSure, why: found.why };
};

type Found =
  | { readonly ok: true; readonly host: string; readonly why: string }
  | { readonly ok: false; readonly why: string };

const named = ({ sorryServer }: DirectorConfig): Found => ({
  ok: true,
  host: sorryServer,
  why: `the sorry server ${sorryServer}`,
});

const primary = (snapshot: Snapshot, config: DirectorConfig): Found => {
  const { cluster } = snapshot;
  if (!cluster.known) return { ok: false, why: cluster.reason };
  const name = statusName(config);
  const primaries = [...cluster.value.nodes.keys()].filter(
    (node) => cluster.value.nodes.get(node) && attributeOf(snapshot, node, name) === 'PRI',
  );
  const [host] = primaries;
  if (host === undefined || primaries.length > 1)
    return { ok: false, why: `${primaries.length} nodes have ${name} PRI; one is needed` };
  return { ok: true, host, why: `the primary ${host}` };
};

/** As cls_status knows this refusal from others. */
export const TAKES_NO_CONNECTIONS = 'takes no connections';

/** A machine that refuses connections, a node that is gone, or, with direct routing, one that would drop what is sent to it. */
const refusalOf = (machine: Machine, snapshot: Snapshot, config: DirectorConfig): string | undefined => {
  const { node, host } = machine;
  const { self, cluster, sorryHealth } = snapshot;
  if (sorryHealth.state === 'ill') return `${host} ${TAKES_NO_CONNECTIONS} (${sorryHealth.why})`;
  if (node === undefined || !cluster.known || node === self) return undefined;
  if (cluster.value.nodes.get(node) !== true) return `the node ${node} is not in the cluster's partition`;
  // It is no candidate: nobody's list speaks for it.
  return isCutOff(machine, false, snapshot, config) ? whyCutOff(machine, config) : undefined;
};

/** Who serves as well when too few others do; undefined when there are enough. */
export const sorryPlan = (
  serving: readonly ServerPlan[],
  snapshot: Snapshot,
  config: DirectorConfig,
  machines: Machines,
):
  | { readonly ok: true; readonly isSure: boolean; readonly plan: ServerPlan }
  | { readonly ok: false; readonly why: string }
  | undefined => {
  const count = serving.filter(({ weight }) => weight > 0).length;
  if (config.sorryServer === '' || count >= config.leastServers) return undefined;
  const sorry = sorryMachine(snapshot, config, machines);
  if (!sorry.ok) return sorry;
  const { machine, isSure } = sorry;
  const weight = Math.max(1, weightOf(machine, snapshot, config));
  const why = `${count} of at least ${config.leastServers} servers are left, so that ${sorry.why} serves as well`;
  return { ok: true, isSure, plan: { machine, state: 'sorry', weight, rule: 'server.sorry', why } };
};

/** It may be a real server already, with or without a weight. */
export const withSorry = (serving: readonly ServerPlan[], sorry: ServerPlan): readonly ServerPlan[] => {
  const same = serving.find(({ machine }) => machine.address === sorry.machine.address);
  if (same === undefined) return [...serving, sorry];
  return same.weight > 0 ? serving : serving.map((plan) => (plan === same ? sorry : plan));
};
