import { canonicalAddress, ipVersion } from '../../system/ip-address.ts';

/** What a real server is to have. */
export interface RealServer {
  /** In its one spelling. */
  readonly vip: string;
  readonly version: 4 | 6;
  /** `lo` of `lo:0` */
  readonly device: string;
  /** The address is shown under it (`lo:0`); IPv6 has none. */
  readonly label: string | undefined;
  /** Under which name the interface is given, for sentences that ask for another one. */
  readonly nicOption: NicOption;
}

/** The agent's parameter, or the option of cls_realserver. */
export type NicOption = 'nic_lo' | '--interface';

/** @param nicLo an interface, or the label of an address on it */
export const realServerOf = (vip: string, nicLo: string, nicOption: NicOption = 'nic_lo'): RealServer => {
  const version = ipVersion(vip) ?? 4;
  return {
    vip: canonicalAddress(vip),
    version,
    device: deviceOf(nicLo),
    label: version === 4 && nicLo.includes(':') ? nicLo : undefined,
    nicOption,
  };
};

export const deviceOf = (nicLo: string): string => nicLo.replace(/:.*$/, '');

/** IFNAMSIZ - 1, for labels too. */
const NAME_MAX = 15;

export const objectionToNic = (nicLo: string): string | undefined => {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_.-]+)?$/.test(nicLo))
    return 'is neither an interface nor a label such as lo:0; give one of these';
  return nicLo.length > NAME_MAX ? `is longer than ${NAME_MAX} characters; shorten the label` : undefined;
};

const NEVER_VIRTUAL: readonly (readonly [RegExp, string])[] = [
  [/^127\.|^::1$/, 'is an address of this machine alone'],
  [/^0\.|^::$/, 'is no address of a machine'],
  [/^(22[4-9]|2[345]\d)\.|^ff/i, 'is no address of one machine'],
  [/^fe[89ab]/i, 'is a link-local address, which the kernel does not balance'],
];

export const objectionToVip = (vip: string): string | undefined => {
  if (ipVersion(vip) === undefined || vip.includes('%'))
    return 'is no IP address; give the virtual address for reading, without a prefix length';
  const [, why] = NEVER_VIRTUAL.find(([form]) => form.test(canonicalAddress(vip))) ?? [];
  return why === undefined ? undefined : `${why}; give the virtual address for reading`;
};
