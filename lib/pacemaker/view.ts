import { isTrue, mergeSets, type NvPairPlace } from './nvpairs.ts';
import { childOf, childrenOf, parseXml, withoutElements, type XmlElement } from './xml.ts';

export interface ClusterNode {
  readonly name: string;
  readonly id: string;
  /** A remote or guest node: it runs resources, but is no member and has no vote. */
  readonly remote: boolean;
  /** Corosync counts it as a member. */
  readonly member: boolean;
  /** A member whose Pacemaker controller is up. */
  readonly online: boolean;
  readonly standby: boolean;
  readonly maintenance: boolean;
  /** Node attributes that last until the node leaves (written by attrd). */
  readonly transient: ReadonlyMap<string, string>;
  readonly permanent: ReadonlyMap<string, string>;
  readonly permanentPlaces: ReadonlyMap<string, readonly NvPairPlace[]>;
}

/** What one CIB says. Node names are compared whole and as they are written. */
export interface ClusterView {
  /** Name of the designated controller; undefined while none is elected. */
  readonly dc?: string;
  readonly haveQuorum: boolean;
  /** The first part of the CIB's version, see ConfigurationChange.rank. */
  readonly adminEpoch: number;
  readonly stonithEnabled: boolean;
  readonly noQuorumPolicy: string;
  readonly maintenanceMode: boolean;
  readonly nodes: ReadonlyMap<string, ClusterNode>;
  readonly properties: ReadonlyMap<string, string>;
  readonly propertyPlaces: ReadonlyMap<string, readonly NvPairPlace[]>;
}

export type ParsedCib =
  | { readonly ok: true; readonly view: ClusterView }
  | { readonly ok: false; readonly reason: string };

// The bulk of a CIB, and nothing of it is needed here: 1 MB takes 90 ms to parse whole, and 3 ms without these.
const NOT_NEEDED = ['lrm', 'resources', 'constraints', 'acls', 'alerts', 'tags', 'fencing-topology'];

/**
 * Reads the output of `cibadmin --query` of Pacemaker 2.0 to 3.0. Total: any text gives a view or a reason.
 * Membership is a boolean up to 2.1.6 (`in_ccm="true" crmd="online"`) and the time of joining since, 0 for none.
 */
export function parseCib(xml: string): ParsedCib {
  const parsed = parseXml(withoutElements(xml, NOT_NEEDED));
  if (!parsed.ok) return parsed;
  const cib = parsed.root;
  if (cib.tag !== 'cib') return { ok: false, reason: `expected a <cib>, found <${cib.tag}>` };
  const configuration = childOf(cib, 'configuration');
  if (configuration === undefined) return { ok: false, reason: 'the CIB has no <configuration>' };

  const propertySets = childrenOf(childOf(configuration, 'crm_config'), 'cluster_property_set');
  const properties = mergeSets(propertySets, 'cib-bootstrap-options');
  const nodes = readNodes(childOf(configuration, 'nodes'), childOf(cib, 'status'));
  const dcId = cib.attributes.get('dc-uuid');
  const dc = [...nodes.values()].find((node) => node.id === dcId)?.name;
  const property = (...names: readonly string[]) =>
    names.map((name) => properties.values.get(name)).find((value) => value !== undefined);
  return {
    ok: true,
    view: {
      ...(dc === undefined ? {} : { dc }),
      haveQuorum: isTrue(cib.attributes.get('have-quorum')),
      adminEpoch: Number(cib.attributes.get('admin_epoch') ?? 0) || 0,
      // `fencing-enabled` is the newer name of the same option.
      stonithEnabled: isTrue(property('stonith-enabled', 'fencing-enabled') ?? 'true'),
      noQuorumPolicy: property('no-quorum-policy') ?? 'stop',
      maintenanceMode: isTrue(property('maintenance-mode')),
      nodes,
      properties: properties.values,
      propertyPlaces: properties.places,
    },
  };
}

function readNodes(
  configured: XmlElement | undefined,
  status: XmlElement | undefined,
): ReadonlyMap<string, ClusterNode> {
  const states = childrenOf(status, 'node_state');
  const nodes = new Map<string, ClusterNode>();
  for (const node of childrenOf(configured, 'node')) {
    const id = node.attributes.get('id') ?? '';
    const name = node.attributes.get('uname') ?? id;
    // By id first: a machine that was replaced under its old name leaves the state of its old id behind.
    const state =
      states.find((candidate) => candidate.attributes.get('id') === id) ??
      states.find((candidate) => candidate.attributes.get('uname') === name);
    nodes.set(name, readNode(name, id, node, state));
  }
  for (const state of states) {
    const id = state.attributes.get('id') ?? '';
    const name = state.attributes.get('uname') ?? id;
    if (!nodes.has(name)) nodes.set(name, readNode(name, id, undefined, state));
  }
  return nodes;
}

function readNode(
  name: string,
  id: string,
  configured: XmlElement | undefined,
  state: XmlElement | undefined,
): ClusterNode {
  const remote =
    configured?.attributes.get('type') === 'remote' || isTrue(state?.attributes.get('remote_node'));
  const member = !remote && isUp(state?.attributes.get('in_ccm'));
  const transient = mergeSets(
    childrenOf(childOf(state, 'transient_attributes'), 'instance_attributes'),
  ).values;
  const permanent = mergeSets(childrenOf(configured, 'instance_attributes'));
  const flag = (flagName: string) => isTrue(transient.get(flagName) ?? permanent.values.get(flagName));
  return {
    name,
    id,
    remote,
    member,
    online: member && isUp(state?.attributes.get('crmd')),
    standby: flag('standby'),
    maintenance: flag('maintenance'),
    transient,
    permanent: permanent.values,
    permanentPlaces: permanent.places,
  };
}

/** `true`, `online` and a time are up; `false`, `offline`, `0` and nothing are not. */
const isUp = (value: string | undefined): boolean =>
  isTrue(value) || value?.toLowerCase() === 'online' || Number(value ?? 0) > 0;
