import { type Fact, factOr } from '../../../system/fact.ts';
import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { LATE_CHECKS, lateChecksOf } from './late-checks.ts';

/** What is known of one machine, under whatever names it appears. */
export interface Machine {
  readonly address: string;
  /** The cluster's name for it, or the name under which it was listed. */
  readonly host: string;
  /** Undefined for a machine outside the cluster. */
  readonly node: string | undefined;
}

export interface Judgement {
  /**
   * `fit`: may get connections. `leaving`: should not get new ones, but those that it has live on.
   * `late`: it has not answered in time. `lost`: what it has is dead. `unknown`: nothing can be said, so nothing is changed.
   */
  readonly state: 'fit' | 'leaving' | 'late' | 'lost' | 'unknown';
  readonly rule: string;
  readonly why: string;
}

export interface Judged {
  readonly machine: Machine;
  readonly verdict: Judgement;
}

const judgement = (state: Judgement['state'], rule: string, why: string): Judgement => ({ state, rule, why });

/** Names and addresses of all machines, brought together. */
export interface Machines {
  readonly byAddress: (address: string) => Machine;
  /** Undefined where the name does not resolve. */
  readonly byHost: (host: string) => Machine | undefined;
}

export const machinesOf = ({ addresses, cluster, memory }: Snapshot): Machines => {
  const addressOf = (host: string): string | undefined => {
    const fact: Fact<string> | undefined = addresses.get(host);
    return fact?.known ? fact.value : undefined;
  };
  const nodes = cluster.known ? [...cluster.value.nodes.keys()] : [];
  const nodeByAddress = new Map(nodes.map((node) => [addressOf(node), node]));
  const byAddress = (address: string, host = memory.hosts[address] ?? address): Machine => {
    const node = nodeByAddress.get(address);
    return { address, host: node ?? host, node };
  };
  return {
    byAddress: (address) => byAddress(address),
    byHost: (host) => {
      const address = addressOf(host);
      return address === undefined ? undefined : byAddress(address, host);
    },
  };
};

/** A node's attribute; undefined where it has none, or the cluster cannot be asked. */
export const attributeOf = (
  { cluster }: Snapshot,
  node: string | undefined,
  name: string,
): string | undefined =>
  cluster.known && node !== undefined ? cluster.value.attributes.get(node)?.get(name) : undefined;

/** The words in which ocf:pha:pgsql says that a server runs and can be read from. */
const RUNNING = /^(PRI|HS:[a-z]+)$/;

/** Its word for a server that does not run. */
const STOPPED = 'STOP';

export const statusName = ({ database }: DirectorConfig): string => `${database}-status`;

/** Whether the machine may be a real server now, and if not, what becomes of the connections that it has. */
export const judge = (
  machine: Machine,
  isCandidate: boolean,
  snapshot: Snapshot,
  config: DirectorConfig,
): Judgement => {
  const { node, host } = machine;
  const { cluster } = snapshot;
  if (node !== undefined && cluster.known && cluster.value.nodes.get(node) === false)
    return judgement('lost', 'server.node-lost', `the node ${node} is not in the cluster's partition`);
  if (isCutOff(machine, isCandidate, snapshot, config))
    return judgement('lost', 'server.unreachable', whyCutOff(machine, config));
  const health = snapshot.health.get(machine.address);
  // Nobody's list knows it better than the agent that has stopped it; a check that has just passed does.
  if (health?.state !== 'well' && attributeOf(snapshot, node, statusName(config)) === STOPPED)
    return judgement('lost', 'server.stopped', `${statusName(config)} of ${node} is ${STOPPED}`);
  const times = lateChecksOf(machine.address, snapshot);
  const isLost = health?.state === 'ill' || (health?.state === 'late' && times >= LATE_CHECKS);
  if (isLost && isSorryAlive(machine, snapshot, config))
    return judgement('leaving', 'server.not-needed', `${host} serves only while too few others do`);
  if (health?.state === 'ill') return judgement('lost', 'server.ill', `${host} is not well: ${health.why}`);
  if (health?.state === 'unknown')
    return judgement('unknown', 'server.unchecked', `${host} cannot be checked: ${health.why}`);
  if (health?.state === 'late' && isLost)
    return judgement('lost', 'server.ill', `${host} is not well: ${health.why}, ${times} times in a row`);
  if (!isCandidate) return notListed(machine, snapshot, config, health !== undefined);
  if (health?.state === 'late')
    return judgement('late', 'server.late', `${host} has not answered its check: ${health.why}`);
  if (health?.state === 'well') return judgement('fit', 'server.well', `${host} has passed its check`);
  if (snapshot.candidates.source === 'script') return judgement('fit', 'server.listed', `${host} is listed`);
  return byAttribute(machine, snapshot, config);
};

/**
 * With direct routing, a node that does not accept the address drops what is sent to it, whoever lists it: it can serve
 * nobody, and nothing is left to drain. Of a resource that the cluster does not have, the list knows more.
 */
export const isCutOff = (
  { node }: Machine,
  isCandidate: boolean,
  { cluster, self }: Snapshot,
  { forward, dependentResource }: DirectorConfig,
): boolean => {
  if (forward === 'masq' || dependentResource === '' || node === undefined || node === self) return false;
  if (!cluster.known) return false;
  const active = cluster.value.places.get(dependentResource);
  return active === undefined ? !isCandidate : !active.has(node);
};

/** As cls_status knows it from other reasons. */
export const DOES_NOT_ACCEPT = 'so that it does not accept';

export const whyCutOff = ({ node }: Machine, { dependentResource, vip }: DirectorConfig): string =>
  `${dependentResource} is not active on ${node}, ${DOES_NOT_ACCEPT} ${vip}`;

/** A sorry server was taken without the check, which may ask for a standby: it need not pass it to keep what it has. */
const isSorryAlive = ({ node, address }: Machine, snapshot: Snapshot, config: DirectorConfig): boolean => {
  const { memory, addresses, sorryHealth } = snapshot;
  if (!memory.sorry.includes(address)) return false;
  if (RUNNING.test(attributeOf(snapshot, node, statusName(config)) ?? '')) return true;
  const named = addresses.get(config.sorryServer);
  return named?.known === true && named.value === address && sorryHealth.state === 'well';
};

const notListed = (
  { host, node, address }: Machine,
  snapshot: Snapshot,
  config: DirectorConfig,
  isNotIll: boolean,
): Judgement => {
  const status = attributeOf(snapshot, node, statusName(config));
  // A sorry server that nobody checks has been trusted so far.
  const isTrusted = node === undefined && snapshot.memory.sorry.includes(address);
  const runs = isNotIll || isTrusted || (status !== undefined && RUNNING.test(status));
  return runs
    ? judgement('leaving', 'server.not-listed', `${host} is no candidate any more`)
    : judgement('lost', 'server.gone', `${host} is no candidate any more, and nothing says that it runs`);
};

const byAttribute = ({ host, node }: Machine, snapshot: Snapshot, config: DirectorConfig): Judgement => {
  const { cluster } = snapshot;
  if (!cluster.known) return judgement('unknown', 'server.cluster-unknown', cluster.reason);
  const name = config.attributeName;
  if (node === undefined)
    return judgement('unknown', 'server.unchecked', `${host} is outside the cluster and was not checked`);
  const value = attributeOf(snapshot, node, name);
  if (value === undefined) return judgement('lost', 'server.no-attribute', `${name} of ${node} is not set`);
  if (new RegExp(`^(?:${config.attributePattern})$`, 'u').test(value))
    return judgement('fit', 'server.attribute', `${name} of ${node} is ${value}`);
  const status = attributeOf(snapshot, node, statusName(config)) ?? value;
  return RUNNING.test(status)
    ? judgement('leaving', 'server.other-value', `${name} of ${node} is ${value}`)
    : judgement('lost', 'server.other-value', `${name} of ${node} is ${value}`);
};

/** The configured weight of a machine, under any of its names. */
export const weightOf = (machine: Machine, snapshot: Snapshot, config: DirectorConfig): number => {
  const entry = config.list.find(({ host }) => {
    if (host === machine.host || host === machine.node || host === machine.address) return true;
    const address = snapshot.addresses.get(host);
    return address !== undefined && factOr(address, '') === machine.address;
  });
  return entry?.weight ?? config.defaultWeight;
};
