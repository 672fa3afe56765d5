import { BlockList } from 'node:net';
import { ipVersion } from './ip-address.ts';

/** The length of an address that stands for itself. */
export const wholeLength = (address: string): number => (ipVersion(address) === 6 ? 128 : 32);

/** False as well when one of the two is no address, or they are of different families. */
export function isInNetwork(address: string, network: string, prefixLength: number): boolean {
  const version = ipVersion(address);
  if (version === undefined || version !== ipVersion(network)) return false;
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > wholeLength(address))
    return false;
  const list = new BlockList();
  list.addSubnet(network, prefixLength, `ipv${version}`);
  return list.check(address, `ipv${version}`);
}

/** The network of an address as pg_hba.conf has it: `192.168.0.0/24`. One of IPv6 stands for itself. */
export function networkOf(address: string, prefixLength: number): string {
  if (ipVersion(address) !== 4) return `${address}/${wholeLength(address)}`;
  const size = 2 ** (32 - prefixLength);
  const first = Math.floor(numberOf(address) / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefixLength}`;
}

/** 24 for 255.255.255.0; undefined for what is no netmask. */
export function prefixOfMask(mask: string): number | undefined {
  if (ipVersion(mask) !== 4) return undefined;
  const length = 32 - Math.log2(2 ** 32 - numberOf(mask));
  return Number.isInteger(length) ? length : undefined;
}

const numberOf = (ipv4: string): number =>
  ipv4.split('.').reduce((number, part) => number * 256 + Number(part), 0);
