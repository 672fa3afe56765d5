import { canonicalAddress } from '../../system/ip-address.ts';
import { type RealServer, type ServiceKey, serverName, serviceName } from './table.ts';

export interface ConnectionCount {
  /** Established. */
  readonly active: number;
  /** In any other state, such as closing. */
  readonly inactive: number;
}

/** By service and server, see {@link connectionsOf}. */
export type Connections = ReadonlyMap<string, ConnectionCount>;

/**
 * Reads /proc/net/ip_vs (ip_vs_info_seq_show in net/netfilter/ipvs/ip_vs_ctl.c of Linux): addresses and ports in hex,
 * weights and counts decimal. Total: what is not understood is left out.
 */
export const parseConnections = (text: string): Connections => {
  const counts = new Map<string, ConnectionCount>();
  let service: string | undefined;
  for (const line of text.split('\n')) {
    const [first, second = '', ...words] = line.trim().split(/\s+/);
    const socket = parseHexSocket(second);
    const name = socket === undefined ? undefined : serviceName(socket);
    if (first !== '->') {
      service = first === 'TCP' ? name : undefined;
      continue;
    }
    const [, , active, inactive] = words;
    if (service === undefined || name === undefined || active === undefined) continue;
    counts.set(`${service} ${name}`, { active: Number(active), inactive: Number(inactive ?? 0) });
  }
  return counts;
};

/** The services of TCP that there are, as far as the same text tells of them. */
export const parseServices = (text: string): readonly ServiceKey[] =>
  text.split('\n').flatMap((line) => {
    const [, socket = ''] = /^TCP\s+(\S+)/.exec(line) ?? [];
    return parseHexSocket(socket) ?? [];
  });

export const connectionsOf = (
  connections: Connections,
  service: ServiceKey,
  server: Pick<RealServer, 'address' | 'port'>,
): ConnectionCount | undefined => connections.get(`${serviceName(service)} ${serverName(server)}`);

/** Established connections that a server has through the virtual services of an address. */
export const activeConnections = (
  connections: Connections,
  { vip, ports }: { readonly vip: string; readonly ports: readonly number[] },
  address: string,
): number =>
  ports
    .map((port) => connectionsOf(connections, { vip, port }, { address, port })?.active ?? 0)
    .reduce((sum, count) => sum + count, 0);

/** `C0A800ED:1538` or `[fd00:…:0237]:1538`. */
const parseHexSocket = (text: string): ServiceKey | undefined => {
  const [, six, four, port = ''] = /^(?:\[([0-9a-f:]+)\]|([0-9A-F]{8})):([0-9A-F]{4})$/i.exec(text) ?? [];
  const address =
    six === undefined
      ? four
          ?.match(/../g)
          ?.map((byte) => Number.parseInt(byte, 16))
          .join('.')
      : canonicalAddress(six);
  return address === undefined ? undefined : { vip: address, port: Number.parseInt(port, 16) };
};
