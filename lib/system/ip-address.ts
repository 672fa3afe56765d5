import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { deadlineIn, onExpiry } from './clock.ts';

export const ipVersion = (text: string): 4 | 6 | undefined => {
  const version = isIP(text);
  return version === 4 || version === 6 ? version : undefined;
};

/** The one spelling of an address, so that `fd00:0::1` and `FD00::1` are the same; other text stays as it is. */
export const canonicalAddress = (text: string): string =>
  ipVersion(text) === 6 && !text.includes('%') ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;

/** The addresses of a host, as /etc/hosts and DNS have them; none when it has none, or when nobody answers in time. */
export const lookUpAddresses = (host: string, timeoutMs = 2000): Promise<readonly string[]> =>
  new Promise((resolve) => {
    const cancel = onExpiry(deadlineIn(timeoutMs), () => resolve([]));
    const end = (addresses: readonly string[]): void => {
      cancel();
      resolve(addresses);
    };
    lookup(host, { all: true }).then(
      (found) => end(found.map(({ address }) => address)),
      () => end([]),
    );
  });
