import { type Deadline, within } from './clock.ts';
import { type Fact, known, unknown } from './fact.ts';
import { canonicalAddress } from './ip-address.ts';
import { describeFailure, run, succeeded } from './process.ts';

/** A network interface of this machine, as `ip address show` has it. */
export interface Interface {
  readonly name: string;
  readonly up: boolean;
  /** `loopback`; `tunnel` (IPIP and the like); `silent`, which asks and answers no ARP (dummy0); `other` (eth0). */
  readonly kind: 'loopback' | 'tunnel' | 'silent' | 'other';
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  /** In its one spelling. */
  readonly address: string;
  readonly prefixLength: number;
}

/** Full path: the PATH of a cluster manager is short. */
export const IP = '/sbin/ip';

const ANSWER_MS = 10_000;

/** All interfaces, also those that are down. */
export const observeInterfaces = async (deadline: Deadline): Promise<Fact<readonly Interface[]>> => {
  const result = await run(IP, ['-json', 'address', 'show'], { deadline: within(deadline, ANSWER_MS) });
  if (!succeeded(result)) return unknown(describeFailure(result));
  const interfaces = parseInterfaces(result.stdout);
  return interfaces === undefined ? unknown('ip address show: not understood') : known(interfaces);
};

/** The output of `ip -json address show`; undefined when it is something else. */
export const parseInterfaces = (text: string): readonly Interface[] | undefined => {
  try {
    const links: unknown = JSON.parse(text);
    return Array.isArray(links) ? links.filter(isLink).map(interfaceOf) : undefined;
  } catch {
    return undefined;
  }
};

interface Link {
  readonly ifname: string;
  readonly flags: readonly unknown[];
  readonly link_type?: unknown;
  readonly addr_info?: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Older versions have empty objects for what a filter has left out. */
const isLink = (value: unknown): value is Link =>
  isObject(value) && typeof value.ifname === 'string' && Array.isArray(value.flags);

const interfaceOf = (link: Link): Interface => ({
  name: link.ifname,
  up: link.flags.includes('UP'),
  kind: kindOf(link),
  addresses: (Array.isArray(link.addr_info) ? link.addr_info : []).flatMap((each: unknown) =>
    isObject(each) && typeof each.local === 'string' && typeof each.prefixlen === 'number'
      ? [{ address: canonicalAddress(each.local), prefixLength: each.prefixlen }]
      : [],
  ),
});

const TUNNELS: readonly unknown[] = ['ipip', 'tunnel6', 'sit'];

const kindOf = ({ flags, link_type: type }: Link): Interface['kind'] => {
  if (flags.includes('LOOPBACK')) return 'loopback';
  if (TUNNELS.includes(type)) return 'tunnel';
  return flags.includes('NOARP') ? 'silent' : 'other';
};
