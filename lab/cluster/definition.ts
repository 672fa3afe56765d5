/** The cluster's resources and constraints: who may run where, in which order. */
import type { LabOptions } from '../options.ts';
import { readVip, writeVip } from '../topology.ts';
import { balancerConstraints, balancerResources, onDirectors } from './balancer.ts';
import { databaseOperations, plainOperations } from './operations.ts';
import { type AgentResource, clone, cloneMeta, primitive, vip } from './resources.ts';
import { type Element, element } from './xml.ts';

export interface Definition {
  readonly resources: readonly Element[];
  readonly constraints: readonly Element[];
}

const promotable = (options: LabOptions, database: AgentResource): Definition => ({
  resources: [
    clone(
      'msPostgresql',
      { promotable: 'true', 'promoted-max': 1, 'promoted-node-max': 1, ...cloneMeta(options) },
      primitive('pgsql', database, databaseOperations, { 'migration-threshold': options.migrationThreshold }),
    ),
    vip('vip-master', writeVip),
    // Where readers go has no say in who is promoted.
    vip('vip-slave', readVip, { critical: 'false' }),
    ...(options.template === 'muti_with_lvs' ? balancerResources(options) : []),
  ],
  constraints: [
    element('rsc_colocation', {
      id: 'vip-master-with-primary',
      rsc: 'vip-master',
      'with-rsc': 'msPostgresql',
      'with-rsc-role': 'Promoted',
      score: 'INFINITY',
    }),
    element('rsc_order', {
      id: 'promote-then-vip-master',
      first: 'msPostgresql',
      'first-action': 'promote',
      // biome-ignore lint/suspicious/noThenProperty: the name of an attribute in Pacemaker's schema
      then: 'vip-master',
      'then-action': 'start',
      score: 'INFINITY',
      symmetrical: 'false',
    }),
    element('rsc_order', {
      id: 'demote-then-stop-vip-master',
      first: 'msPostgresql',
      'first-action': 'demote',
      // biome-ignore lint/suspicious/noThenProperty: the name of an attribute in Pacemaker's schema
      then: 'vip-master',
      'then-action': 'stop',
      // Optional: a stop of the VIP alone must not wait for a demotion.
      score: 0,
      symmetrical: 'false',
    }),
    ...(options.directorNames.length > 0
      ? onDirectors(options)
      : [
          element('rsc_colocation', {
            id: 'vip-slave-with-standby',
            rsc: 'vip-slave',
            'with-rsc': 'msPostgresql',
            'with-rsc-role': 'Unpromoted',
            score: 1000,
          }),
          element('rsc_colocation', {
            id: 'vip-slave-else-with-primary',
            rsc: 'vip-slave',
            'with-rsc': 'msPostgresql',
            'with-rsc-role': 'Promoted',
            score: 100,
          }),
        ]),
    ...(options.template === 'muti_with_lvs' ? balancerConstraints(options) : []),
  ],
});

const single = (options: LabOptions, database: AgentResource): Definition => ({
  resources: [
    primitive('pgsql', database, plainOperations, { 'migration-threshold': options.migrationThreshold }),
    vip('vip-master', writeVip),
  ],
  constraints: [
    element('rsc_location', {
      id: 'pgsql-on-first',
      rsc: 'pgsql',
      node: options.nodeNames[0] ?? '',
      score: 100,
    }),
    element('rsc_colocation', {
      id: 'vip-master-with-pgsql',
      rsc: 'vip-master',
      'with-rsc': 'pgsql',
      score: 'INFINITY',
    }),
    // biome-ignore lint/suspicious/noThenProperty: the name of an attribute in Pacemaker's schema
    element('rsc_order', { id: 'pgsql-then-vip-master', first: 'pgsql', then: 'vip-master' }),
  ],
});

/** All nodes but the first are standbys of the first, whose primary the cluster knows nothing of. */
const slaves = (options: LabOptions, database: AgentResource): Definition => ({
  resources: [
    clone(
      'msPostgresql',
      cloneMeta(options),
      primitive('pgsql', database, plainOperations, { 'migration-threshold': options.migrationThreshold }),
    ),
    vip('vip-slave', readVip),
  ],
  constraints: [
    element('rsc_location', {
      id: 'pgsql-not-on-foreign-primary',
      rsc: 'msPostgresql',
      node: options.nodeNames[0] ?? '',
      score: '-INFINITY',
      'resource-discovery': 'never',
    }),
    element('rsc_colocation', {
      id: 'vip-slave-with-standby',
      rsc: 'vip-slave',
      'with-rsc': 'msPostgresql',
      score: 1000,
    }),
  ],
});

/** What `lab up` loads into the cluster for these options. */
export const defineCluster = (options: LabOptions, database: AgentResource | undefined): Definition => {
  if (database === undefined) return { resources: [], constraints: [] };
  if (options.agent === 'floor') return promotable(options, database);
  if (options.repMode === 'none') return single(options, database);
  if (options.repMode === 'slave') return slaves(options, database);
  return promotable(options, database);
};
