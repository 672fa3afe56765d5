import type { Sysctls } from '../sysctl-record.ts';
import type { RealServer } from './real-server.ts';

const ARP = 'net/ipv4/conf';

type ArpSetting = 'arp_ignore' | 'arp_announce';

/**
 * Values under which an address of the loopback stays unknown to the network (ip-sysctl.rst of the kernel). Not 3, under
 * which an address of scope global is answered for, and not 4 to 7, which are the same as 0.
 */
const KEEPS_SILENT: Readonly<
  Record<ArpSetting, { readonly good: readonly number[]; readonly wish: string }>
> = {
  arp_ignore: { good: [1, 2, 8], wish: '1' },
  arp_announce: { good: [2], wish: '2' },
};

/** Settings to be read, for a machine with these interfaces. */
export const settingsToRead = ({ version, device }: RealServer, interfaces: readonly string[]): string[] =>
  version === 6
    ? [`net/ipv6/conf/${device}/disable_ipv6`]
    : [
        ...['all', ...interfaces].flatMap((each) => [
          `${ARP}/${each}/arp_ignore`,
          `${ARP}/${each}/arp_announce`,
        ]),
        `${ARP}/all/rp_filter`,
        `${ARP}/default/rp_filter`,
        `${ARP}/${device}/rp_filter`,
      ];

/** Those of an interface that is just being made. */
export const defaultSettings = ({ version, device }: RealServer, current: Sysctls): Sysctls =>
  version === 6 ? {} : { [`${ARP}/${device}/rp_filter`]: current[`${ARP}/default/rp_filter`] ?? '0' };

/**
 * What the settings are to be so that no interface answers ARP for the address, or names it as its own: the kernel takes
 * the larger one of `all` and the interface's. IPv6 needs none of this: a neighbour solicitation is answered only for
 * addresses of the interface that it has come by (ndisc_recv_ns), and there is no duplicate address detection on a
 * loopback.
 *
 * @param current settings that the kernel has; what is good already stays as it is, and is in the result all the same
 */
export const wishedSettings = (server: RealServer, isTunnel: boolean, current: Sysctls): Sysctls =>
  server.version === 6
    ? {}
    : {
        ...silence('arp_ignore', server.device, current),
        ...silence('arp_announce', server.device, current),
        ...(isTunnel ? acceptFromTunnel(server.device, current) : {}),
      };

const silence = (setting: ArpSetting, device: string, current: Sysctls): Sysctls => {
  const { good, wish } = KEEPS_SILENT[setting];
  const of = (each: string): string => `${ARP}/${each}/${setting}`;
  const isGood = (value: string | undefined): boolean => good.includes(Number(value));
  const kept = (each: string): string => (isGood(current[of(each)]) ? (current[of(each)] ?? wish) : wish);
  const all = kept('all');
  const interfaces = Object.keys(current).flatMap((name) => {
    const [, each] = new RegExp(`^${ARP}/(.*)/${setting}$`).exec(name) ?? [];
    return each === undefined || each === 'all' ? [] : [each];
  });
  const overruling = interfaces.filter(
    (each) => !isGood(String(Math.max(Number(all), Number(current[of(each)])))),
  );
  return Object.fromEntries([
    [of('all'), all],
    [of(device), kept(device)],
    ...overruling.map((each) => [of(each), wish] as const),
  ]);
};

/** Strict filtering drops what comes out of a tunnel; 2 is loose, and overrules the 1 of `all`. */
const acceptFromTunnel = (device: string, current: Sysctls): Sysctls => {
  const [all, own] = [`${ARP}/all/rp_filter`, `${ARP}/${device}/rp_filter`].map((name) => current[name]);
  const strict = Math.max(Number(all ?? 0), Number(own ?? 0)) === 1;
  return { [`${ARP}/${device}/rp_filter`]: strict ? '2' : (own ?? '0') };
};

/** Those that are not as wished. */
export const differing = (wished: Sysctls, current: Sysctls): Sysctls =>
  Object.fromEntries(Object.entries(wished).filter(([name, value]) => current[name] !== value));
