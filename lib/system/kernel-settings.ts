import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { errorCode } from './files.ts';

const ROOT = '/proc/sys';

/** The value of `net/ipv4/ip_forward`, numbers separated by single blanks; undefined when there is no such setting. */
export const readKernelSetting = (path: string): string | undefined => {
  try {
    return readFileSync(`${ROOT}/${path}`, 'latin1').trim().replace(/\s+/g, ' ');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** @throws when the kernel refuses the value, or has no such setting */
export const writeKernelSetting = (path: string, value: string): void =>
  writeFileSync(`${ROOT}/${path}`, `${value}\n`, { flag: 'r+' });

/** For as long as this text is the same, so are the network's settings: they begin anew with each boot and namespace. */
export const networkEpoch = (): string =>
  `${readFileSync(`${ROOT}/kernel/random/boot_id`, 'latin1').trim()} ${readlinkSync('/proc/self/ns/net')}`;
