/** Names and addresses of a lab. They are the seed's: nodes from 192.168.0.231, the VIPs .236 and .237. */
import { UsageError } from './failure.ts';

export interface NodeSpec {
  readonly name: string;
  /** Corosync's node id, from 1. */
  readonly id: number;
  readonly address: string;
}

export const subnet = '192.168.0.0/24';
export const prefixLength = 24;
export const writeVip = '192.168.0.236';
export const readVip = '192.168.0.237';
export const clientAddress = '192.168.0.200';

const maxNodes = 16;

// The first five nodes have the seed's addresses; later ones start below, where no VIP is in the way.
const addressOf = (id: number): string => `192.168.0.${id <= 5 ? 230 + id : 10 + id}`;

export const defaultNodeNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `node${index + 1}`);

/** @throws UsageError if a name is no host name, is used twice, or there are too many. */
export const topology = (names: readonly string[]): NodeSpec[] => {
  if (names.length < 1 || names.length > maxNodes) {
    throw new UsageError(`A lab has 1 to ${maxNodes} nodes, not ${names.length}.`);
  }
  for (const name of names) {
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name)) {
      throw new UsageError(`"${name}" is not a host name.`);
    }
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new UsageError(`The node name "${name}" is given twice.`);
    seen.add(name);
  }
  return names.map((name, index) => ({ name, id: index + 1, address: addressOf(index + 1) }));
};
