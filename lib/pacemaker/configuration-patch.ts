import type { NvPairPlace } from './nvpairs.ts';
import type { ClusterView } from './view.ts';
import { escapeXml } from './xml.ts';

export interface PermanentChange {
  readonly node: string;
  readonly name: string;
  readonly value: string;
}

export interface PropertyChange {
  /** Set in which the property is created if it exists nowhere yet. */
  readonly set: string;
  readonly name: string;
  readonly value: string;
}

/** Permanent attributes and cluster properties that take effect together or not at all. */
export interface ConfigurationChange {
  readonly permanent: readonly PermanentChange[];
  readonly properties: readonly PropertyChange[];
  /**
   * Outranks whatever a partition without this change has written meanwhile. Pacemaker takes writes without quorum, too,
   * and when partitions meet again the whole CIB with the newest version (admin_epoch, epoch, num_updates) replaces the
   * others, whichever side had quorum: three writes of a cut-off node beat one of the majority, and so did one against
   * one. Such a change therefore raises admin_epoch, in the same transaction, and one that must outrank others of this
   * kind raises it further.
   */
  readonly raiseAdminEpochBy?: number;
  /**
   * Refused (`Update was older than existing configuration`) when anybody has raised admin_epoch since the view was taken:
   * Pacemaker lets no write take it back (cib_perform_op, 2.0 to 3.0).
   */
  readonly unlessOutranked?: boolean;
}

/**
 * The XML for one `cibadmin --modify --allow-create`. An attribute that exists is changed wherever it stands, in all
 * places if there are several; a new one gets the set and the id that crm_attribute itself would give it (cib_attrs.c),
 * so that there are never two of one name and an administrator's crm_attribute finds it. A node is named by its id
 * alone: one that was removed in the meantime is refused by the schema and not brought back.
 * A node that the view does not know throws: the caller made up a name.
 */
export function configurationPatch(change: ConfigurationChange, view: ClusterView): string {
  const properties = change.properties.flatMap(({ set, name, value }) =>
    placesFor(view.propertyPlaces.get(name), set, name).map((place) =>
      attributeSet('cluster_property_set', place, name, value),
    ),
  );
  const permanent = change.permanent.map(({ node: nodeName, name, value }) => {
    const node = view.nodes.get(nodeName);
    if (node === undefined) throw new RangeError(`the cluster has no node ${nodeName}`);
    const sets = placesFor(node.permanentPlaces.get(name), `nodes-${node.id}`, name).map((place) =>
      attributeSet('instance_attributes', place, name, value),
    );
    const type = node.remote ? ' type="remote"' : '';
    return `<node id="${escapeXml(node.id)}"${type}>${sets.join('')}</node>`;
  });
  const section = (tag: string, parts: readonly string[]) =>
    parts.length === 0 ? '' : `<${tag}>${parts.join('')}</${tag}>`;
  // A number that was read, not `admin_epoch++`, which Pacemaker is about to give up (cibadmin --score).
  const version =
    change.raiseAdminEpochBy || change.unlessOutranked
      ? ` admin_epoch="${view.adminEpoch + (change.raiseAdminEpochBy ?? 0)}"`
      : '';
  const configuration = section('crm_config', properties) + section('nodes', permanent);
  return `<cib${version}><configuration>${configuration}</configuration></cib>`;
}

const placesFor = (
  existing: readonly NvPairPlace[] | undefined,
  set: string,
  name: string,
): readonly NvPairPlace[] => existing ?? [{ setId: set, id: sanitizeId(`${set}-${name}`) }];

/** As pcmk__xml_sanitize_id() for the characters that may stand in a resource's or an attribute's name. */
const sanitizeId = (id: string): string => id.replace(/[^\p{L}\p{N}_.-]/gu, '.');

const attributeSet = (tag: string, place: NvPairPlace, name: string, value: string): string =>
  `<${tag} id="${escapeXml(place.setId)}">` +
  `<nvpair id="${escapeXml(place.id)}" name="${escapeXml(name)}" value="${escapeXml(value)}"/></${tag}>`;
