import { queryPicture } from '../../pacemaker/picture.ts';
import { queryPrivate } from '../../pacemaker/private-attributes.ts';
import { type Deadline, sinceBootMs, within } from '../../system/clock.ts';
import { type Fact, factOr, mapFact, unknown } from '../../system/fact.ts';
import { checkPort } from '../../system/tcp-check.ts';
import { type IpvsAnswer, isIpvsLoaded, readConnections, readTable } from '../ipvs/ipvsadm.ts';
import { readSysctls } from '../sysctl.ts';
import { type Candidates, candidatesOf } from './candidates.ts';
import type { DirectorConfig } from './config.ts';
import { presentServers } from './decide/plan.ts';
import { directorSysctls } from './decide/sysctls.ts';
import { lagName, parseLag } from './lag-attribute.ts';
import type { Memory } from './memory.ts';
import { resolveHosts } from './resolve.ts';
import { checkHost, printedHosts } from './scripts.ts';
import type { Health, Lag, Snapshot } from './snapshot.ts';

/** What stays the same over all looks of one operation. `update` is a monitor that an event has caused. */
export interface Call {
  readonly kind: 'start' | 'stop' | 'monitor' | 'update';
  readonly self: string;
  readonly resource: string;
  readonly isProbe: boolean;
  readonly deadline: Deadline;
}

/** Long, since a machine that has much to do is no reason to go without knowing. */
const TABLE_MS = 10_000;
const CLUSTER_MS = 15_000;
const LAGS_MS = 5_000;
/** Short, since all others wait for it, also while it is not needed. */
const SORRY_MS = 1_000;

const NOT_ASKED = unknown('not asked for');
const SORRY_NOT_ASKED = { state: 'unknown', why: 'not asked for' } as const;

/** Gathers one snapshot. Reads only; what cannot be found out is unknown, with the reason. */
export const observe = async (
  call: Call,
  config: DirectorConfig,
  memory: Memory,
  round: number,
): Promise<Snapshot> => {
  const uptimeMs = sinceBootMs();
  const needsServers = call.kind !== 'stop' && !call.isProbe;
  const scriptDeadline = within(call.deadline, config.scriptTimeoutMs);
  const [table, cluster, printed] = await Promise.all([
    observeTable(call),
    needsServers ? queryPicture(within(call.deadline, CLUSTER_MS)) : NOT_ASKED,
    needsServers && config.getScript.length > 0 ? printedHosts(config.getScript, scriptDeadline) : undefined,
  ]);
  const base = { ...call, uptimeMs, round, table, cluster, isRegular: call.kind === 'monitor' };
  const present = presentServers({ table }, config);
  const hasServers = [...present.values()].some(({ weight }) => weight > 0);
  const candidates = candidatesOf(config, cluster, printed, hasServers);
  if (!needsServers) {
    const nothing = {
      addresses: new Map(),
      health: new Map(),
      connections: NOT_ASKED,
      lags: NOT_ASKED,
      settings: {},
    };
    return { ...base, ...nothing, sorryHealth: SORRY_NOT_ASKED, candidates, memory };
  }
  const nodes = cluster.known ? [...cluster.value.nodes.keys()] : [];
  const { addresses, remembered } = await resolveHosts(
    [
      ...factOr(candidates.hosts, []),
      ...config.list.map(({ host }) => host),
      ...nodes,
      ...(config.sorryServer === '' || config.sorryServer === 'primary' ? [] : [config.sorryServer]),
    ],
    config.family,
    memory,
    uptimeMs,
  );
  const names = namesToCheck(factOr(candidates.hosts, []), addresses, [...present.keys()], memory);
  const [health, sorryHealth, lags] = await Promise.all([
    checkAll(names, candidates, nodes, addresses, config, call.deadline),
    checkSorry(addresses.get(config.sorryServer), config, call.deadline),
    config.maxLagBytes > 0 || config.maxLagSeconds > 0
      ? observeLags(config, within(call.deadline, LAGS_MS))
      : NOT_ASKED,
  ]);
  return {
    ...base,
    candidates,
    addresses,
    health,
    sorryHealth,
    lags,
    connections: readConnections(),
    settings: readSysctls(Object.keys(directorSysctls(config))),
    memory: { ...memory, addresses: remembered },
  };
};

/** A probe does not load the kernel's module. */
const observeTable = async ({ isProbe, deadline }: Call): Promise<IpvsAnswer> =>
  isProbe && !isIpvsLoaded()
    ? { state: 'absent', reason: 'this kernel has no IPVS, or it is not loaded' }
    : readTable(within(deadline, TABLE_MS));

/** The name under which each address is asked about: as it is listed, else as it last was. */
const namesToCheck = (
  hosts: readonly string[],
  addresses: ReadonlyMap<string, Fact<string>>,
  present: readonly string[],
  memory: Memory,
): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  for (const host of hosts) {
    const address = addresses.get(host);
    if (address?.known && !names.has(address.value)) names.set(address.value, host);
  }
  for (const address of present)
    if (!names.has(address)) names.set(address, memory.hosts[address] ?? address);
  return names;
};

/**
 * All at the same time. Without a check script, nodes of the cluster are judged by their attributes, and what a get
 * script lists is trusted; of any other host, also of one that is listed no more, somebody must at least take connections.
 */
const checkAll = async (
  names: ReadonlyMap<string, string>,
  { source, hosts }: Candidates,
  nodes: readonly string[],
  addresses: ReadonlyMap<string, Fact<string>>,
  config: DirectorConfig,
  deadline: Deadline,
): Promise<ReadonlyMap<string, Health>> => {
  const limit = within(deadline, config.scriptTimeoutMs);
  if (config.checkScript.length > 0) {
    const answers = [...names].map(
      async ([address, name]) => [address, await checkHost(config.checkScript, name, limit)] as const,
    );
    return new Map(await Promise.all(answers));
  }
  const trusted = source === 'script' ? factOr(hosts, []) : [];
  const known = new Set([...nodes, ...trusted].map((host) => factOr(addresses.get(host) ?? NOT_ASKED, '')));
  const outside = [...names.keys()].filter((address) => !known.has(address));
  const answers = outside.map(async (address): Promise<readonly [string, Health]> => {
    const port = config.ports[0] ?? 0;
    const answer = await checkPort(address, port, limit);
    if (answer.ok) return [address, { state: 'well' }];
    return [address, { state: answer.timedOut ? 'late' : 'ill', why: `port ${port}: ${answer.reason}` }];
  });
  return new Map(await Promise.all(answers));
};

/** A sorry server need not pass the check of the others, which may ask for a standby. */
const checkSorry = async (
  address: Fact<string> | undefined,
  { sorryServer, ports }: DirectorConfig,
  deadline: Deadline,
): Promise<Health> => {
  // The cluster itself knows the primary.
  if (sorryServer === 'primary' || !address?.known) return SORRY_NOT_ASKED;
  const port = ports[0] ?? 0;
  const answer = await checkPort(address.value, port, within(deadline, SORRY_MS));
  if (answer.ok) return { state: 'well' };
  return { state: answer.timedOut ? 'unknown' : 'ill', why: `port ${port}: ${answer.reason}` };
};

const observeLags = async (
  { database }: DirectorConfig,
  deadline: Deadline,
): Promise<Fact<ReadonlyMap<string, Lag>>> =>
  mapFact(
    await queryPrivate(lagName(database), deadline),
    (values) =>
      new Map(
        [...values].flatMap(([node, text]) => {
          const lag = parseLag(text);
          return lag === undefined ? [] : [[node, lag] as const];
        }),
      ),
  );
