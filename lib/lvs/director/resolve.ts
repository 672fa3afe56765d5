import { type Fact, known, unknown } from '../../system/fact.ts';
import { canonicalAddress, ipVersion, lookUpAddresses } from '../../system/ip-address.ts';
import type { Memory } from './memory.ts';

/** For all names together: they are looked up at the same time. */
const LOOKUP_MS = 2_000;
/** How long an address is good before its name is looked up again. */
const GOOD_FOR_MS = 300_000;

export interface Resolved {
  readonly addresses: ReadonlyMap<string, Fact<string>>;
  readonly remembered: Memory['addresses'];
}

/**
 * The address of each host. A name is looked up once and remembered; when it cannot be looked up again later, it keeps
 * its address, so that a name server that is down takes no server away.
 */
export const resolveHosts = async (
  hosts: readonly string[],
  family: 4 | 6,
  memory: Memory,
  uptimeMs: number,
): Promise<Resolved> => {
  const remembered: Record<string, Memory['addresses'][string]> = {};
  const resolve = async (host: string): Promise<readonly [string, Fact<string>]> => {
    if (ipVersion(host) !== undefined) {
      const fits = ipVersion(host) === family;
      return [host, fits ? known(canonicalAddress(host)) : unknown(`it is no address of IPv${family}`)];
    }
    const before = memory.addresses[host];
    if (before !== undefined && uptimeMs - before.atMs < GOOD_FOR_MS) {
      remembered[host] = before;
      return [host, known(before.address)];
    }
    const all = await lookUpAddresses(host, LOOKUP_MS);
    const found = all.find((address) => ipVersion(address) === family && !isLoopback(address));
    if (found !== undefined) remembered[host] = { address: canonicalAddress(found), atMs: uptimeMs };
    else if (before !== undefined) remembered[host] = before;
    const now = remembered[host];
    if (now !== undefined) return [host, known(now.address)];
    const why = all.length === 0 ? 'its name does not resolve' : `its name has no address of IPv${family}`;
    return [host, unknown(why)];
  };
  const addresses = new Map(await Promise.all([...new Set(hosts)].map(resolve)));
  return { addresses, remembered };
};

/** Debian's /etc/hosts has 127.0.1.1 for a machine's own name, which is no address to send anything to. */
const isLoopback = (address: string): boolean => /^127\.|^::1$/.test(address);
