import { factOr } from '../../../system/fact.ts';
import type { RealServer } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import { drain } from './drain.ts';
import { type LagState, lagLimits, observeLag } from './lag.ts';
import {
  type Judged,
  type Judgement,
  judge,
  type Machine,
  type Machines,
  machinesOf,
  weightOf,
} from './servers.ts';
import { risingWeight } from './slow-start.ts';
import { sorryMachine } from './sorry.ts';
import { standbysWithoutPrimary, stopgaps } from './stopgap.ts';

export type ServerState =
  | 'serving'
  | 'starting'
  | 'draining'
  | 'lagging'
  | 'quiet'
  | 'sorry'
  | 'kept'
  | 'removed';

/** What becomes of one server, and why. */
export interface ServerPlan {
  readonly machine: Machine;
  readonly state: ServerState;
  readonly weight: number;
  readonly rule: string;
  readonly why: string;
}

/** The wished-for list of servers, the same for each port. */
export interface Plan {
  readonly servers: readonly ServerPlan[];
  /** Hosts that cannot be servers now, and why. */
  readonly omitted: readonly { readonly host: string; readonly rule: string; readonly why: string }[];
  /** Why the sorry server cannot help though it should. */
  readonly sorryRefusal: string | undefined;
  readonly memory: Memory;
}

/** What is in the table now, over all ports. */
export const presentServers = (
  { table }: Pick<Snapshot, 'table'>,
  { vip, ports }: DirectorConfig,
): ReadonlyMap<string, RealServer> =>
  new Map(
    (table.state === 'known' ? table.services : [])
      .filter((service) => service.vip === vip && ports.includes(service.port))
      .flatMap(({ servers }) => servers.map((server) => [server.address, server] as const)),
  );

export const planServers = (snapshot: Snapshot, config: DirectorConfig): Plan => {
  const machines = machinesOf(snapshot);
  const present = presentServers(snapshot, config);
  const judged = judgeAll(snapshot, config, machines, present);
  const fit = judged.filter(({ verdict }) => verdict.state === 'fit');
  const { plans, lag } = withLag(fit, snapshot, config);
  const started = slowlyStarted(plans, present, snapshot, config);
  const kept = judged
    .filter(({ verdict, machine }) => verdict.state === 'unknown' && present.has(machine.address))
    .map(({ machine, verdict }) => keep(machine, verdict, present));
  const serving = [...started.plans, ...kept];
  const sorry = sorryPlans(serving, snapshot, config, machines);
  const others = sorry?.ok ? withSorry(serving, sorry.plan) : serving;
  const alone = standbysWithoutPrimary(judged, snapshot, config);
  // A standby that runs is better than a machine of which that is not known.
  const standIns = stopgaps(alone, sorry?.ok && !sorry.isSure ? serving : others, snapshot, config);
  const wished = standIns.length > 0 ? [...serving, ...standIns] : others;
  const isWished = new Set(wished.map(({ machine }) => machine.address));
  const leaving = judged.filter(
    ({ machine, verdict }) =>
      present.has(machine.address) && !isWished.has(machine.address) && verdict.state !== 'unknown',
  );
  const drained = leaving.map(({ machine, verdict }) =>
    drain(machine, verdict, present.get(machine.address)?.weight ?? 0, snapshot, config),
  );
  const servers = [...wished, ...drained];
  return {
    servers,
    omitted: omitted(judged, servers, snapshot, machines),
    sorryRefusal: sorry?.ok === false ? sorry.why : undefined,
    memory: {
      ...snapshot.memory,
      hosts: Object.fromEntries(
        servers
          .filter(({ state }) => state !== 'removed')
          .map(({ machine }) => [machine.address, machine.host]),
      ),
      lag,
      newcomers: started.newcomers,
      alone: sinceWhen(alone, snapshot.memory.alone, snapshot.uptimeMs),
      draining: sinceWhen(
        drained.filter(({ state }) => state === 'draining'),
        snapshot.memory.draining,
        snapshot.uptimeMs,
      ),
      sorry: wished.filter(({ state }) => state === 'sorry').map(({ machine }) => machine.address),
    },
  };
};

const sinceWhen = (
  those: readonly { readonly machine: Machine }[],
  before: Readonly<Record<string, number>>,
  nowMs: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(those.map(({ machine: { address } }) => [address, before[address] ?? nowMs]));

/** Each machine that is a candidate or in the table, once: a name and its address are one. */
const judgeAll = (
  snapshot: Snapshot,
  config: DirectorConfig,
  machines: Machines,
  present: ReadonlyMap<string, RealServer>,
): readonly Judged[] => {
  const { hosts } = snapshot.candidates;
  const found = new Map<string, { readonly machine: Machine; readonly isCandidate: boolean }>();
  for (const host of factOr(hosts, [])) {
    const machine = machines.byHost(host);
    if (machine !== undefined && !found.has(machine.address))
      found.set(machine.address, { machine, isCandidate: true });
  }
  for (const address of present.keys()) {
    if (!found.has(address))
      found.set(address, { machine: machines.byAddress(address), isCandidate: !hosts.known });
  }
  return [...found.values()].map(({ machine, isCandidate }) => {
    const verdict = judge(machine, isCandidate, snapshot, config);
    // Without a list, what is there stays, unless it is known to be lost.
    return hosts.known || verdict.state === 'lost'
      ? { machine, verdict }
      : { machine, verdict: { state: 'unknown', rule: 'list.unknown', why: hosts.reason } };
  });
};

const keep = (
  machine: Machine,
  { rule, why }: Judgement,
  present: ReadonlyMap<string, RealServer>,
): ServerPlan => ({
  machine,
  state: 'kept',
  weight: present.get(machine.address)?.weight ?? 0,
  rule,
  why: `stays as it is: ${why}`,
});

/** Servers that are behind get no new connections; the one that is least behind always does, if it is the last. */
const withLag = (
  fit: readonly Judged[],
  snapshot: Snapshot,
  config: DirectorConfig,
): { readonly plans: readonly ServerPlan[]; readonly lag: Readonly<Record<string, LagState>> } => {
  const isLimited = config.maxLagBytes > 0 || config.maxLagSeconds > 0;
  const lags = factOr(snapshot.lags, new Map());
  const lag: Record<string, LagState> = {};
  const plans = fit.map(({ machine, verdict }): ServerPlan => {
    const weight = weightOf(machine, snapshot, config);
    const served = { machine, weight, state: 'serving' as const, rule: verdict.rule, why: verdict.why };
    const behind = machine.node === undefined ? undefined : lags.get(machine.node);
    const state = observeLag(snapshot.memory.lag[machine.address], behind, snapshot.isRegular, config);
    if (isLimited && (state.over > 0 || state.isLagging)) lag[machine.address] = state;
    if (weight === 0)
      return { ...served, state: 'quiet', rule: 'server.weight-0', why: 'its configured weight is 0' };
    if (!isLimited || !state.isLagging) return served;
    const much = behind === undefined ? 'not known now' : `${behind.bytes} bytes, ${behind.seconds} s`;
    const why = `it is behind: ${much} (limit: ${lagLimits(config)})`;
    return { ...served, state: 'lagging', weight: 0, rule: 'server.lagging', why };
  });
  return { plans: neverTheLast(plans, snapshot, config), lag };
};

const neverTheLast = (
  plans: readonly ServerPlan[],
  snapshot: Snapshot,
  config: DirectorConfig,
): readonly ServerPlan[] => {
  const lagging = plans.filter(({ state }) => state === 'lagging');
  if (lagging.length === 0 || plans.some(({ weight }) => weight > 0)) return plans;
  const lags = factOr(snapshot.lags, new Map());
  const behind = ({ machine }: ServerPlan): number =>
    lags.get(machine.node ?? '')?.bytes ?? Number.POSITIVE_INFINITY;
  const best = lagging.reduce((least, each) => (behind(each) < behind(least) ? each : least));
  const why = `${best.why}, and no other is less so`;
  const weight = weightOf(best.machine, snapshot, config);
  return plans.map((plan) =>
    plan === best ? { ...plan, weight, state: 'serving', rule: 'server.last', why } : plan,
  );
};

/** Who joins others, and was not among them, gets its weight step by step. */
const slowlyStarted = (
  plans: readonly ServerPlan[],
  present: ReadonlyMap<string, RealServer>,
  { memory, uptimeMs }: Snapshot,
  { slowStartMs }: DirectorConfig,
): { readonly plans: readonly ServerPlan[]; readonly newcomers: Readonly<Record<string, number>> } => {
  if (slowStartMs === 0) return { plans, newcomers: {} };
  const hasOthers = [...present.values()].some(({ weight }) => weight > 0);
  const newcomers: Record<string, number> = {};
  const raised = plans.map((plan): ServerPlan => {
    const { address } = plan.machine;
    if (plan.state !== 'serving') return plan;
    const isNew = hasOthers && (present.get(address)?.weight ?? 0) === 0;
    const since = memory.newcomers[address] ?? (isNew ? uptimeMs : undefined);
    if (since === undefined || uptimeMs - since >= slowStartMs) return plan;
    newcomers[address] = since;
    const weight = risingWeight(plan.weight, uptimeMs - since, slowStartMs);
    const seconds = Math.ceil((slowStartMs - (uptimeMs - since)) / 1000);
    const why = `it has just joined: ${weight} of ${plan.weight}, all of it in ${seconds} s`;
    return { ...plan, state: 'starting', weight, rule: 'server.starting', why };
  });
  return { plans: raised, newcomers };
};

const sorryPlans = (
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
const withSorry = (serving: readonly ServerPlan[], sorry: ServerPlan): readonly ServerPlan[] => {
  const same = serving.find(({ machine }) => machine.address === sorry.machine.address);
  if (same === undefined) return [...serving, sorry];
  return same.weight > 0 ? serving : serving.map((plan) => (plan === same ? sorry : plan));
};

const omitted = (
  judged: readonly Judged[],
  servers: readonly ServerPlan[],
  snapshot: Snapshot,
  machines: Machines,
): Plan['omitted'] => {
  const listed = new Set(servers.map(({ machine }) => machine.address));
  const unresolved = factOr(snapshot.candidates.hosts, [])
    .filter((host) => machines.byHost(host) === undefined)
    .map((host) => {
      const fact = snapshot.addresses.get(host);
      const why = fact === undefined || fact.known ? 'it was not looked up' : fact.reason;
      return { host, rule: 'server.unresolved', why: `${host} has no address: ${why}` };
    });
  return [
    ...unresolved,
    ...judged
      .filter(({ machine }) => !listed.has(machine.address))
      .map(({ machine, verdict }) => ({ host: machine.host, rule: verdict.rule, why: verdict.why })),
  ];
};
