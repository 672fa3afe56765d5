import { canonicalAddress } from '../system/ip-address.ts';
import type { PsqlTarget } from './psql-command.ts';

/** As getaddrinfo(3) reads them, so that 127.1 and 0 are among them. */
const THIS_MACHINE =
  /^(127(\.\d+){0,3}|0+(\.0+){0,3}|::1?|::ffff:(127|0)\..*|::ffff:7f.*|(.*\.)?localhost|localhost\..*|ip6-(localhost|loopback))\.?$/i;

const THIRD =
  'each node would ask a server of its own, and both would get the lock; name one on a third machine';

/**
 * An arbiter must be one and the same server for both nodes. `host` as libpq has it: a name, an address, or the directory of a
 * socket; empty for the local socket.
 *
 * @returns what is wrong, as the end of a sentence; undefined if nothing can be seen to be
 */
export const objectionToHost = (host: string): string | undefined => {
  if (host === '') return `names no host: ${THIRD}`;
  if (host.startsWith('/') || host.startsWith('@')) return `names the socket ${host}: ${THIRD}`;
  return THIS_MACHINE.test(canonicalAddress(host)) ? `names ${host}: ${THIRD}` : undefined;
};

/** Two hosts, and what objectionToHost() has. Where a service file says which host, nothing is said here. Pure. */
export const objectionToArbiter = (target: PsqlTarget): string | undefined => {
  const host = hostOf(target);
  if (host?.includes(',') === true)
    return `names ${host.split(',').join(' and ')}: two arbiters would give two nodes the lock; name one`;
  return host === undefined ? undefined : objectionToHost(host);
};

/** Undefined where a service file has it. */
export const hostOf = ({ conninfo, env }: PsqlTarget): string | undefined => {
  const of = (key: string, variable: string): string | undefined => conninfo.get(key) || env[variable];
  const host = of('hostaddr', 'PGHOSTADDR') ?? of('host', 'PGHOST');
  return host ?? (of('service', 'PGSERVICE') === undefined ? '' : undefined);
};
