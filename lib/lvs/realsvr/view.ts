import { factOr, mapFact } from '../../system/fact.ts';
import type { Interface, InterfaceAddress } from '../../system/interfaces.ts';
import { wholeLength } from '../../system/ip-network.ts';
import type { Sysctls } from '../sysctl-record.ts';
import { defaultSettings, differing, wishedSettings } from './arp.ts';
import type { RealServer } from './real-server.ts';
import type { RealServerSnapshot } from './snapshot.ts';

/** What the snapshot means for this real server. */
export type View =
  | { readonly kind: 'unknown'; readonly why: string }
  /** It cannot be a real server as things are, and is none. `module` would make the interface. */
  | { readonly kind: 'unfit'; readonly why: string; readonly module?: string }
  | PresentView;

export interface PresentView {
  readonly kind: 'present';
  readonly device: Interface;
  /** The virtual address on the device as it is to be, with the length of a single address. */
  readonly hasAddress: boolean;
  /** It is there with another length too: the kernel would take a whole network for its own. */
  readonly misfits: readonly InterfaceAddress[];
  /** Other interfaces that have the virtual address, and answer for it: eth0 on the director's node. */
  readonly elsewhere: readonly string[];
  readonly wished: Sysctls;
  /** Of the wished ones, what is not so. */
  readonly wrong: Sysctls;
}

/** By these modules, when they are loaded, the interfaces are made. */
const MODULES: Readonly<Record<string, string>> = { tunl0: 'ipip', ip6tnl0: 'ip6_tunnel' };

export const viewOf = (server: RealServer, { interfaces, settings }: RealServerSnapshot): View => {
  if (!interfaces.known) return { kind: 'unknown', why: interfaces.reason };
  const device = interfaces.value.find(({ name }) => name === server.device);
  if (device === undefined) {
    const module = MODULES[server.device];
    const why = `there is no interface ${server.device}; correct ${server.nicOption}`;
    return module === undefined ? { kind: 'unfit', why } : { kind: 'unfit', why, module };
  }
  const why = unfitness(server, device, settings);
  if (why !== undefined) return { kind: 'unfit', why };
  const own = device.addresses.filter(({ address }) => address === server.vip);
  const whole = wholeLength(server.vip);
  const wished = wishedSettings(server, device.kind === 'tunnel', settings);
  return {
    kind: 'present',
    device,
    hasAddress: own.some(({ prefixLength }) => prefixLength === whole),
    misfits: own.filter(({ prefixLength }) => prefixLength !== whole),
    elsewhere: interfaces.value
      .filter(({ kind, addresses }) => kind === 'other' && addresses.some(isVip(server)))
      .map(({ name }) => name),
    wished,
    wrong: differing(wished, settings),
  };
};

/** What will be seen when the module that makes the interface is loaded: a tunnel without an address, with default settings. */
export const afterLoading = (
  server: RealServer,
  { interfaces, settings, held }: RealServerSnapshot,
): RealServerSnapshot => ({
  interfaces: mapFact(interfaces, (each) => [
    ...each,
    { name: server.device, kind: 'tunnel', up: false, addresses: [] },
  ]),
  settings: { ...settings, ...defaultSettings(server, settings) },
  held,
});

/** Interfaces beside the wished one that have the address and, by their kind, do not answer for it. */
export const silentElsewhere = (
  server: RealServer,
  { interfaces }: RealServerSnapshot,
): readonly Interface[] =>
  factOr(interfaces, []).filter(
    ({ name, kind, addresses }) =>
      name !== server.device && kind !== 'other' && addresses.some(isVip(server)),
  );

const isVip =
  ({ vip }: RealServer) =>
  ({ address }: InterfaceAddress): boolean =>
    address === vip;

const unfitness = (server: RealServer, device: Interface, settings: Sysctls): string | undefined => {
  if (device.kind === 'other')
    return `${device.name} answers for its addresses in the network, as the director must do alone; set ${server.nicOption} to lo:0`;
  if (server.version === 6 && settings[`net/ipv6/conf/${device.name}/disable_ipv6`] === '1')
    return `IPv6 is switched off on ${device.name}; set net.ipv6.conf.${device.name}.disable_ipv6 to 0`;
  return undefined;
};
