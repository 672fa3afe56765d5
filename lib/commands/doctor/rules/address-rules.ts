import { enumerate } from '../../cli/text.ts';
import { type Finding, finding, type Rule } from '../rule.ts';
import { examined, isReplicated, type Situation, type Vip } from '../situation.ts';

const GROUP = 'Addresses';

const ofVips =
  (find: (vip: Vip, situation: Situation) => readonly Finding[]): Rule['find'] =>
  (situation) =>
    situation.vips.length === 0 ? undefined : situation.vips.flatMap((vip) => find(vip, situation));

/** Where Pacemaker runs it, under whatever name: config.ini calls it otherwise than the cluster does. */
function runsOn({ address }: Vip, { cluster }: Situation): readonly string[] {
  const names = cluster?.primitives.filter(({ parameters }) => parameters.get('ip') === address);
  return (
    names?.flatMap(
      ({ id }) =>
        cluster?.mon.instances.filter(({ resource }) => resource === id).flatMap(({ nodes }) => nodes) ?? [],
    ) ?? []
  );
}

const factsOf = (vip: Vip, situation: Situation) =>
  examined(situation).flatMap(({ node, facts }) => {
    const own = facts.vips.find(({ address }) => address === vip.address);
    return own === undefined ? [] : [{ node, own, addresses: facts.addresses }];
  });

/** Hardware addresses that answer to a VIP and are of no node that was examined. */
export function strangersAt(vip: Vip, situation: Situation): readonly string[] {
  const ours = new Set(examined(situation).flatMap(({ facts }) => facts.addresses.map(({ mac }) => mac)));
  const answers = factsOf(vip, situation).flatMap(({ own }) => (own.answers.known ? own.answers.value : []));
  return [...new Set(answers)].filter((mac) => !ours.has(mac));
}

export const addressRules: readonly Rule[] = [
  {
    id: 'vip-taken',
    group: GROUP,
    checks: 'no stranger has a virtual address',
    find: ofVips((vip, situation) => {
      const all = factsOf(vip, situation);
      const strange = strangersAt(vip, situation);
      if (strange.length === 0) return [];
      // A node that could not be examined may have it by right, unless another one has it already.
      const isCertain =
        all.some(({ own }) => own.heldBy !== null) ||
        [...situation.examinations.values()].every(({ known }) => known);
      return [
        finding(
          isCertain ? 'error' : 'notice',
          [],
          `${vip.address} (${vip.name}) is answered by ${enumerate(strange)}, which is ${isCertain ? 'no node of this cluster: clients and standbys reach a stranger' : 'none of the nodes that were examined'}`,
          `ip neigh show ${vip.address}; find the machine with ${enumerate(strange)}, and take the address from it`,
        ),
      ];
    }),
  },
  {
    id: 'vip-misplaced',
    group: GROUP,
    checks: 'each virtual address is where Pacemaker has put it',
    find: ofVips((vip, situation) => {
      const placed = runsOn(vip, situation);
      return factsOf(vip, situation)
        .filter(({ node, own }) => own.heldBy !== null && !placed.includes(node))
        .map(({ node, own, addresses }) => {
          const prefix = addresses.find(({ address }) => address === vip.address)?.prefixLength ?? 32;
          return finding(
            'error',
            [node],
            `${node} has ${vip.address} (${vip.name}) on ${own.heldBy}, and Pacemaker ${placed.length === 0 ? 'has not started it anywhere' : `has started it on ${enumerate(placed)}`}`,
            `ip address delete ${vip.address}/${prefix} dev ${own.heldBy}   (on ${node})`,
          );
        });
    }),
  },
  {
    id: 'vip-is-node',
    group: GROUP,
    checks: 'no virtual address is the address of a node',
    find: ofVips((vip, situation) =>
      examined(situation)
        .slice(0, 1)
        .flatMap(({ facts }) =>
          Object.entries(facts.names).flatMap(([name, addresses]) =>
            addresses.includes(vip.address)
              ? [
                  finding(
                    'error',
                    [name],
                    `${vip.address} (${vip.name}) is the address of ${name}`,
                    `choose an address that nobody has: pcs resource update ${vip.name} ip=ADDRESS`,
                  ),
                ]
              : [],
          ),
        ),
    ),
  },
  {
    id: 'vips-equal',
    group: GROUP,
    checks: 'the virtual addresses differ',
    find: ofVips((vip, { vips }) => {
      const twin = vips.find((other) => other.name < vip.name && other.address === vip.address);
      return twin === undefined
        ? []
        : [
            finding(
              'error',
              [],
              `${twin.name} and ${vip.name} are both ${vip.address}`,
              `pcs resource update ${vip.name} ip=ADDRESS`,
            ),
          ];
    }),
  },
  {
    id: 'vip-network',
    group: GROUP,
    checks: 'every node has a device in the network of the virtual addresses',
    find: ofVips((vip, situation) =>
      vip.hasDevice
        ? []
        : factsOf(vip, situation)
            .filter(({ own }) => !own.answers.known && /is in the network/.test(own.answers.reason))
            .map(({ node }) =>
              finding(
                'warning',
                [node],
                `${node} has no address in the network of ${vip.address} (${vip.name}), and the resource names no device`,
                `pcs resource update ${vip.name} nic=DEVICE`,
              ),
            ),
    ),
  },
  {
    id: 'vip-not-asked',
    group: GROUP,
    checks: 'it could be asked who has the virtual addresses',
    find: (situation) => {
      const { vips, self } = situation;
      if (vips.length === 0) return undefined;
      return vips.flatMap((vip) => {
        const all = factsOf(vip, situation);
        const here = all.find(({ node }) => node === self)?.own.answers;
        return all.length === 0 ||
          all.some(({ own }) => own.answers.known) ||
          here === undefined ||
          here.known
          ? []
          : [finding('notice', [], `nobody could ask for ${vip.address} (${vip.name}): ${here.reason}`)];
      });
    },
  },
  {
    id: 'master-ip',
    group: GROUP,
    checks: 'standbys follow a virtual address that follows the primary',
    find: (situation) => {
      const { vips, resource } = situation;
      if (resource === undefined || vips.length === 0 || !isReplicated(situation)) return undefined;
      const { master_ip: masterIp } = resource.parameters;
      return masterIp === '' || vips.some(({ address }) => address === masterIp)
        ? []
        : [
            finding(
              'warning',
              [],
              `master_ip is ${masterIp}, which is none of the cluster's addresses (${enumerate(vips.map(({ name, address }) => `${name} ${address}`))}): standbys do not find a new primary`,
              `pcs resource update ${resource.id} master_ip=${vips[0]?.address ?? 'ADDRESS'}`,
            ),
          ];
    },
  },
];
