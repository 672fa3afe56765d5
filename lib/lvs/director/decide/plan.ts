import { factOr } from '../../../system/fact.ts';
import type { RealServer } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import type { Memory } from '../memory.ts';
import type { Snapshot } from '../snapshot.ts';
import { drain } from './drain.ts';
import { withLag } from './lag.ts';
import { withoutAnswer } from './late.ts';
import { lateChecks } from './late-checks.ts';
import { type Judged, type Judgement, judge, type Machine, type Machines, machinesOf } from './servers.ts';
import { slowlyStarted } from './slow-start.ts';
import { sorryPlan, withSorry } from './sorry.ts';
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
  const known = [...started.plans, ...kept];
  const late = judged.filter(
    ({ verdict, machine }) => verdict.state === 'late' && present.has(machine.address),
  );
  const standIn = sorryPlan(known, snapshot, config, machines);
  const isSpared = started.plans.some(({ weight }) => weight > 0) || (standIn?.ok === true && standIn.isSure);
  const serving = [...known, ...withoutAnswer(late, isSpared, present, snapshot, config)];
  const sorry = sorryPlan(serving, snapshot, config, machines);
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
      late: lateChecks(snapshot),
      newcomers: started.newcomers,
      alone: sinceWhen(alone, snapshot.memory.alone, snapshot.uptimeMs),
      draining: sinceWhen(
        drained.filter(({ state }) => state === 'draining'),
        snapshot.memory.draining,
        snapshot.uptimeMs,
      ),
      sorry: [
        ...wished.filter(({ state }) => state === 'sorry'),
        // Still known as one while what it has ends.
        ...drained.filter(
          ({ state, machine }) => state === 'draining' && snapshot.memory.sorry.includes(machine.address),
        ),
      ].map(({ machine }) => machine.address),
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
