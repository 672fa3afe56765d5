import type { ConfigurationChange } from '../../pacemaker/configuration-patch.ts';
import type { ClusterView } from '../../pacemaker/view.ts';

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
