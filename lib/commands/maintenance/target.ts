import type { ConfigurationChange } from '../../pacemaker/configuration-patch.ts';
import type { ClusterView } from '../../pacemaker/view.ts';
import type { Scope } from '../run-state/scope.ts';
import { instancesIn } from '../run-state/situation.ts';
import type { Situation } from '../status/situation.ts';

/** What is put into maintenance mode: a node, or the whole cluster. */
export interface Target {
  readonly node: string | undefined;
}

export const isInMaintenance = (view: ClusterView, { node }: Target): boolean =>
  node === undefined ? view.maintenanceMode : view.nodes.get(node)?.maintenance === true;

export const nameOf = ({ node }: Target): string => (node === undefined ? 'the cluster' : node);

export const maintenanceChange = ({ node }: Target, on: boolean): ConfigurationChange => ({
  permanent: node === undefined ? [] : [{ node, name: 'maintenance', value: String(on) }],
  properties:
    node === undefined ? [{ set: 'cib-bootstrap-options', name: 'maintenance-mode', value: String(on) }] : [],
});

/** Id of the pair that holds it in the CIB, if it is there. */
export const nvpairOf = (view: ClusterView, { node }: Target): string | undefined =>
  (node === undefined
    ? view.propertyPlaces.get('maintenance-mode')
    : view.nodes.get(node)?.permanentPlaces.get('maintenance'))?.[0]?.id;

/** What Pacemaker has not let go of yet, in words. Pure. */
export function stillManaged(situation: Situation, scope: Scope, { node }: Target): string | undefined {
  const held = instancesIn(situation, scope).find(
    ({ managed, nodes }) => managed && nodes.length > 0 && (node === undefined || nodes.includes(node)),
  );
  return held === undefined ? undefined : `${held.resource} on ${held.nodes.join(', ')} is still managed`;
}
