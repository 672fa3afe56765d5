import { corosyncNodes } from '../../../pacemaker/corosync.ts';
import { enumerate } from '../../cli/text.ts';
import { type Finding, finding, type Rule } from '../rule.ts';
import { examined, isReplicated, type Situation, type Vip } from '../situation.ts';

const GROUP = 'Addresses';

const ofVips =
  (find: (vip: Vip, situation: Situation) => readonly Finding[]): Rule['find'] =>
  (situation) =>
    situation.vips.length === 0 ? undefined : situation.vips.flatMap((vip) => find(vip, situation));

/** As Pacemaker has it, under whatever name: config.ini calls it otherwise than the cluster does. */
function instancesOf({ address }: Vip, { cluster }: Situation) {
  const ids = cluster?.primitives
    .filter(({ parameters }) => parameters.get('ip') === address)
    .map(({ id }) => id);
  return cluster?.mon.instances.filter(({ resource }) => ids?.includes(resource)) ?? [];
}

/**
 * Nodes whose own address it is: by their names, as any of them knows these, by Corosync, or because the device has no
 * other and Pacemaker did not put it there. Debian gives a node's own name the address 127.0.1.1 on the node itself, which says nothing.
 */
function nodesAt(vip: Vip, situation: Situation): readonly string[] {
  const { address } = vip;
  const placed = instancesOf(vip, situation).flatMap(({ nodes }) => nodes);
  const all = examined(situation).flatMap(({ node, facts: { names, corosync, addresses } }) => {
    const named = Object.entries(names).filter(([, each]) => each.includes(address));
    const ring = corosync.values.known ? corosyncNodes(corosync.values.value) : [];
    const device = addresses.find((each) => !each.loopback && each.address === address)?.device;
    const isOnly = addresses.every(
      (each) => each.device !== device || each.address === address || isIpv6(each) !== address.includes(':'),
    );
    return [
      ...named.map(([name]) => name),
      ...ring.filter((each) => each.address === address).map(({ name }) => name),
      ...(device !== undefined && isOnly && !placed.includes(node) ? [node] : []),
    ];
  });
  return [...new Set(all)];
}

const isIpv6 = ({ address }: { readonly address: string }): boolean => address.includes(':');

/** The value of config.ini before there is a resource. */
const correction = (
  { name }: Vip,
  { source, configPath }: Situation,
  parameter: 'ip=ADDRESS' | 'nic=DEVICE' = 'ip=ADDRESS',
): string => {
  if (source === 'cluster') return `pcs resource update ${name} ${parameter}`;
  return parameter === 'ip=ADDRESS' ? `correct ${name} in ${configPath}` : `vip_nic=DEVICE in ${configPath}`;
};

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
      const isElsewhere = instancesOf(vip, situation).some(({ nodes }) =>
        nodes.some((node) => situation.examinations.get(node)?.known === false),
      );
      // It answers from where Pacemaker has it, on a node that could not be asked for its hardware address.
      if (!isCertain && isElsewhere) return [];
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
      const instances = instancesOf(vip, situation);
      // It is on its way, or the address is not one to be taken away: vip-is-node says that.
      if (instances.some(({ pending }) => pending !== undefined) || nodesAt(vip, situation).length > 0)
        return [];
      const placed = instances.flatMap(({ nodes }) => nodes);
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
      nodesAt(vip, situation).map((name) =>
        finding(
          'error',
          [name],
          `${vip.address} (${vip.name}) is the address of ${name}`,
          `choose an address that nobody has: ${correction(vip, situation)}`,
        ),
      ),
    ),
  },
  {
    id: 'vips-equal',
    group: GROUP,
    checks: 'the virtual addresses differ',
    find: ofVips((vip, situation) => {
      const twin = situation.vips.find((other) => other.name < vip.name && other.address === vip.address);
      return twin === undefined
        ? []
        : [
            finding(
              'error',
              [],
              `${twin.name} and ${vip.name} are both ${vip.address}`,
              correction(vip, situation),
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
                `${node} has no address in the network of ${vip.address} (${vip.name}), and ${situation.source === 'cluster' ? 'the resource names no device' : 'vip_nic is empty'}`,
                correction(vip, situation, 'nic=DEVICE'),
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
