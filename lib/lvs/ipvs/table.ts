/**
 * What is in the kernel's table of virtual services, as far as it concerns an agent: services of TCP. All others
 * (UDP, firewall marks) belong to somebody else and are not even looked at.
 */
export type Forward = 'gate' | 'masq' | 'ipip';

export interface RealServer {
  /** An IP address in its one spelling, see `canonicalAddress`. */
  readonly address: string;
  readonly port: number;
  readonly forward: Forward;
  readonly weight: number;
  /** Options that we never set, such as `--tun-type gue`; with them, the server is not as we want it. */
  readonly others: string;
}

/** How connections are given to servers. */
export interface Scheduling {
  readonly scheduler: string;
  /** Such as `sh-port`; sorted, as the kernel tells them. */
  readonly flags: readonly string[];
  readonly persistence: Persistence | undefined;
}

export interface Persistence {
  readonly seconds: number;
  /** A netmask of IPv4, or the length of a prefix of IPv6; undefined: each client by itself. */
  readonly mask: string | undefined;
}

export interface ServiceKey {
  readonly vip: string;
  readonly port: number;
}

export interface VirtualService extends ServiceKey {
  readonly scheduling: Scheduling;
  readonly others: string;
  readonly servers: readonly RealServer[];
}

/** `192.168.0.237:5432` or `[fd00::ed]:5432`, as ipvsadm reads and prints it. */
export const socketName = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

export const serviceName = ({ vip, port }: ServiceKey): string => socketName(vip, port);

export const serverName = ({ address, port }: Pick<RealServer, 'address' | 'port'>): string =>
  socketName(address, port);

export const findService = (table: readonly VirtualService[], key: ServiceKey): VirtualService | undefined =>
  table.find((service) => serviceName(service) === serviceName(key));
