import { type Deadline, within } from '../../system/clock.ts';
import { lookUpAddresses } from '../../system/ip-address.ts';
import { run, succeeded } from '../../system/process.ts';

/** An address that config.ini gives to a resource, under the key `name` (writer_vip, reader_vip). */
export interface WantedAddress {
  readonly name: string;
  readonly address: string;
}

export interface AddressQuestion {
  /** vip_nic; empty for the device that the route has. */
  readonly nic: string;
  readonly nodes: readonly string[];
  readonly deadline: Deadline;
}

const ANSWER_MS = 5000;

/**
 * Who has this address, in words, if it is somebody who answers and no resource of the cluster; undefined if nobody
 * does, or if that cannot be asked here (arping of iputils is not installed, no route, IPv6).
 */
export async function whoHasAddress(
  wanted: WantedAddress,
  { nic, nodes, deadline: whole }: AddressQuestion,
): Promise<string | undefined> {
  const deadline = within(whole, ANSWER_MS);
  const { address } = wanted;
  const own = await run('ip', ['-json', 'address', 'show'], { deadline });
  const mine = succeeded(own) ? onThisNode(wanted, own.stdout) : undefined;
  if (mine !== undefined) return mine;
  const route = nic === '' ? await run('ip', ['-json', 'route', 'get', address], { deadline }) : undefined;
  const device = nic || (route !== undefined && succeeded(route) ? deviceOf(route.stdout) : undefined);
  if (device === undefined) return undefined;
  const version = await run('arping', ['-V'], { deadline });
  if (!version.stdout.includes('iputils')) return undefined;
  // -D asks as a machine does that is about to take the address: exit code 1 says that somebody answered.
  const asked = await run('arping', ['-D', '-c', '2', '-w', '2', '-I', device, address], { deadline });
  const hardware = /\[([0-9A-F:]{17})\]/i.exec(asked.stdout)?.[1];
  if (asked.exitCode !== 1 || hardware === undefined) return undefined;
  const neighbours = await run('ip', ['-json', 'neighbour', 'show'], { deadline });
  const at = await Promise.all(nodes.map(async (node) => [node, await lookUpAddresses(node)] as const));
  return somebodyElse(wanted, hardware, nodeWith(hardware, neighbours.stdout, new Map(at)));
}

/** Of an address that answers; `node` when it is a node of this cluster. Pure. */
export const somebodyElse = (
  { name, address }: WantedAddress,
  hardware: string,
  node: string | undefined,
): string =>
  node === undefined
    ? `${name}: ${address} answers already, from ${hardware}, and it is no resource of the cluster; free it, correct config.ini, or, if it is free all the same (a router that answers for all), add --address-is-free`
    : `${name}: ${node} has ${address} already, and no resource of the cluster put it there; if it is an address of ${node} itself, correct config.ini; else remove it there (ip address show; ip address del)`;

/**
 * An address that this node has already, from the output of `ip -json address show`. The only address of a device is the
 * node's own, and nobody is told to remove it. Pure.
 */
export function onThisNode({ name, address }: WantedAddress, json: string): string | undefined {
  for (const { ifname, addr_info: list } of records(json)) {
    const found = isRecords(list) ? list.filter(({ scope }) => scope === 'global') : [];
    const same = found.find(({ local }) => local === address);
    if (same === undefined) continue;
    const others = found.filter(({ local, family }) => local !== address && family === same.family);
    const where = `${name}: ${address} is on ${String(ifname)} of this node already, and no resource of the cluster put it there`;
    return others.length === 0
      ? `${where}; it is the node's own address: choose a free one for ${name} in config.ini`
      : `${where}; if it is the node's own address, correct ${name} in config.ini; else remove it: ip address del ${address}/${String(same.prefixlen)} dev ${String(ifname)}`;
  }
  return undefined;
}

/** Whose network card that is, as far as this machine has talked to it. Pure. */
export function nodeWith(
  hardware: string,
  neighbours: string,
  addresses: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const own = records(neighbours)
    .filter(({ lladdr }) => typeof lladdr === 'string' && lladdr.toLowerCase() === hardware.toLowerCase())
    .map(({ dst }) => dst);
  return [...addresses].find(([, each]) => each.some((address) => own.includes(address)))?.[0];
}

const deviceOf = (json: string): string | undefined => {
  const dev = records(json)[0]?.dev;
  return typeof dev === 'string' ? dev : undefined;
};

type JsonRecord = Readonly<Record<string, unknown>>;

const isRecords = (value: unknown): value is readonly JsonRecord[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);

/** `ip -json` prints a list of objects. */
function records(json: string): readonly JsonRecord[] {
  try {
    const parsed: unknown = JSON.parse(json);
    return isRecords(parsed) ? parsed : [];
  } catch {
    return [];
  }
}
