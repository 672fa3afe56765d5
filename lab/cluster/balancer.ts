/** As templates/muti_with_lvs has it: what spreads the reads over the standbys. */
import type { LabOptions } from '../options.ts';
import { port } from '../postgres/installation.ts';
import { readVip } from '../topology.ts';
import { balancerOperations, realServerOperations } from './operations.ts';
import { clone, primitive } from './resources.ts';
import { type Element, element } from './xml.ts';

/** Where reads are spread, and what each server that they go to needs. */
export const balancerResources = (options: LabOptions): Element[] => [
  primitive(
    'lvsdr',
    {
      provider: 'pha',
      type: 'lvsdr',
      params: {
        vip: readVip,
        port: String(port),
        virtual_service_options: '-s rr',
        realserver_dependent_resource: 'lvsdr-realsvr',
        realserver_dependent_attribute_name: 'pgsql-status',
        realserver_dependent_attribute_value: 'HS:sync|HS:potential|HS:async|HS:quorum',
        sorry_server: 'primary',
        ...options.balancerParams,
      },
    },
    balancerOperations,
  ),
  clone(
    'lvsdr-realsvr-clone',
    { interleave: 'true', 'clone-max': options.nodeNames.length, 'clone-node-max': 1 },
    primitive(
      'lvsdr-realsvr',
      { provider: 'pha', type: 'lvsdr-realsvr', params: { vip: readVip, nic_lo: 'lo:0' } },
      realServerOperations,
    ),
  ),
];

export const balancerConstraints = ({ directorNames }: LabOptions): readonly Element[] => [
  element('rsc_colocation', {
    id: 'lvsdr-with-vip-slave',
    rsc: 'lvsdr',
    'with-rsc': 'vip-slave',
    score: 'INFINITY',
  }),
  // A new director knows the servers before the first client comes; one that fails does not take the address down.
  element('rsc_order', {
    id: 'lvsdr-then-vip-slave',
    first: 'lvsdr',
    'first-action': 'start',
    // biome-ignore lint/suspicious/noThenProperty: the name of an attribute in Pacemaker's schema
    then: 'vip-slave',
    'then-action': 'start',
    kind: 'Optional',
  }),
  // A director without a database cannot be the sorry server itself: the primary must accept the address (docs/lvs.md).
  directorNames.length > 0
    ? element('rsc_colocation', {
        id: 'lvsdr-realsvr-with-database',
        rsc: 'lvsdr-realsvr-clone',
        'with-rsc': 'msPostgresql',
        score: 'INFINITY',
      })
    : element('rsc_colocation', {
        id: 'lvsdr-realsvr-with-standby',
        rsc: 'lvsdr-realsvr-clone',
        'with-rsc': 'msPostgresql',
        'with-rsc-role': 'Unpromoted',
        score: 'INFINITY',
      }),
];

/** Directors have no database, and only they can hold the read VIP: the kernel of the others may have no ip_vs. */
export const onDirectors = ({ nodeNames, directorNames }: LabOptions): Element[] => [
  ...directorNames.flatMap((node) =>
    ['msPostgresql', 'lvsdr-realsvr-clone', 'vip-master'].map((rsc) =>
      element('rsc_location', {
        id: `${rsc}-not-on-${node}`,
        rsc,
        node,
        score: '-INFINITY',
        'resource-discovery': 'never',
      }),
    ),
  ),
  ...nodeNames.flatMap((node) =>
    ['vip-slave', 'lvsdr'].map((rsc) =>
      element('rsc_location', {
        id: `${rsc}-not-on-${node}`,
        rsc,
        node,
        score: '-INFINITY',
        'resource-discovery': 'never',
      }),
    ),
  ),
];
