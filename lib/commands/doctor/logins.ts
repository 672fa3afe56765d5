import { ipVersion } from '../../system/ip-address.ts';
import { networkOf, wholeLength } from '../../system/ip-network.ts';
import type { Login } from './facts/facts.ts';
import { strangersAt } from './rules/address-rules.ts';
import { databases, examined, primaryOf, type Situation } from './situation.ts';

export interface Attempt {
  readonly from: string;
  readonly login: Login;
}

export const attempts = (situation: Situation, as: Login['as']): readonly Attempt[] =>
  databases(situation).flatMap(({ node, database }) =>
    database.logins.filter((login) => login.as === as).map((login) => ({ from: node, login })),
  );

/** Nobody listens, and nobody is expected to; or a stranger has the address, which is said elsewhere. */
export function isExcused({ node, host, result }: Login, situation: Situation): boolean {
  if (result.kind === 'in' || result.failure === 'auth') return false;
  if (situation.vips.some((vip) => vip.address === host && strangersAt(vip, situation).length > 0))
    return true;
  if (node !== null) return !answersAt(node, situation);
  // The address that follows the primary leads nowhere while there is none.
  return primaryOf(situation) === undefined;
}

/** By its own word; of a node that was not examined, by Pacemaker's. */
function answersAt(node: string, situation: Situation): boolean {
  const { cluster, resource, examinations } = situation;
  if (examinations.get(node)?.known)
    return databases(situation).some((each) => each.node === node && each.database.server.kind === 'answers');
  return (
    cluster?.mon.instances.some(
      (each) =>
        each.resource === resource?.id &&
        ['promoted', 'unpromoted', 'started'].includes(each.role) &&
        each.nodes.includes(node),
    ) ?? false
  );
}

/** Addresses that a node's connections come from. */
export const addressesOf = (node: string, situation: Situation): readonly string[] => {
  const vips = situation.vips.map(({ address }) => address);
  const own = examined(situation)
    .find((each) => each.node === node)
    ?.facts.addresses.filter(
      ({ loopback, address }) => !loopback && !vips.includes(address) && !/^fe80:/i.test(address),
    );
  const named = examined(situation).flatMap(({ facts }) => {
    return (facts.names[node] ?? []).filter((each) => !/^(127\.|::1$)/.test(each));
  });
  // The one that the others know it by; a node has more, in other networks.
  return named.length > 0 ? [...new Set(named)] : (own?.map(({ address }) => address) ?? []);
};

/** The lines that would let every other node in: one for their network, if it is known. */
export function hbaLines(
  target: string,
  from: readonly string[],
  situation: Situation,
  database: string,
): string {
  const user = situation.resource?.parameters.repuser ?? 'postgres';
  const networks = from.flatMap((node) => {
    const facts = examined(situation).find((each) => each.node === node)?.facts;
    return addressesOf(node, situation)
      .filter((address) => ipVersion(address) !== undefined)
      .map((address) => {
        const own = facts?.addresses.find((each) => each.address === address);
        return networkOf(address, own?.prefixLength ?? wholeLength(address));
      });
  });
  const lines = [...new Set(networks)].map((network) => `host ${database} ${user} ${network} scram-sha-256`);
  return `pg_hba.conf on ${target}, above lines that refuse: ${lines.join(' and ') || `host ${database} ${user} ADDRESS scram-sha-256`}   (takes a reload)`;
}
