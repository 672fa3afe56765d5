import { networkInterfaces } from 'node:os';
import { wholeLength } from './ip-network.ts';

/** One address of this machine. */
export interface LocalAddress {
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
  /** Hardware address, in lower case. */
  readonly mac: string;
  readonly loopback: boolean;
}

/** Addresses of devices that are up. */
export const localAddresses = (): readonly LocalAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([device, addresses]) =>
    (addresses ?? []).map(({ address, cidr, mac, internal }) => ({
      // An alias such as `eth0:1` is no device of its own.
      device: device.replace(/:.*$/, ''),
      address,
      prefixLength: Number(cidr?.split('/')[1] ?? wholeLength(address)),
      mac: mac.toLowerCase(),
      loopback: internal,
    })),
  );
