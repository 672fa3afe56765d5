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
   * Of a record, such as who is primary: each node takes it only into a CIB of the admin_epoch from which it was decided, and
   * raises that by so much.
   *
   * Pacemaker takes writes without quorum, too, and when partitions meet again the whole CIB with the newest version
   * (admin_epoch, epoch, num_updates) replaces the others, whichever side had quorum: three writes of a cut-off node beat one
   * of the majority, and so did one against one. A record that must outrank those raises admin_epoch, and one that must outrank
   * others of this kind raises it further; 0: not at all.
   *
   * Before it comes to that, for about a second, each node applies what the other partition writes to its own CIB. A record that
   * goes by the CIB of one partition would take effect in the other's, and might even make that the newer one.
   */
  readonly rank?: number;
}

/** What `cibadmin --modify` is given. */
export interface CibPatch {
  readonly xml: string;
  /** An XPath: a node whose CIB has nothing that it finds refuses the patch. */
  readonly onlyAt?: string;
}

/**
 * The patch for one `cibadmin --modify`. An attribute that exists is changed wherever it stands, in all
 * places if there are several; a new one gets the set and the id that crm_attribute itself would give it (cib_attrs.c),
 * so that there are never two of one name and an administrator's crm_attribute finds it. A node is named by its id
 * alone: one that was removed in the meantime is refused by the schema and not brought back.
 * A node that the view does not know throws: the caller made up a name.
 */
export function configurationPatch(change: ConfigurationChange, view: ClusterView): CibPatch {
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
  const { rank } = change;
  const configuration = `<configuration>${section('crm_config', properties)}${section('nodes', permanent)}</configuration>`;
  if (rank === undefined) return { xml: `<cib>${configuration}</cib>` };
  const onlyAt = `/cib[@admin_epoch='${view.adminEpoch}']`;
  if (rank === 0) return { xml: configuration, onlyAt };
  // A number that was read, not `admin_epoch++`, which Pacemaker is about to give up (cibadmin --score).
  const xml = `<cib admin_epoch="${view.adminEpoch + rank}">${configuration}</cib>`;
  return takesRankOnlyAt(view) ? { xml, onlyAt } : { xml };
}

/** The feature set of Pacemaker 3.0.1. */
const LOSES_PATCH_FROM = [3, 20, 1] as const;

/**
 * From 3.0.1 on pacemaker-based loses a patch of the whole `<cib>` that comes with an XPath (it looks for a section of that name,
 * prepare_input in based_callbacks.c), so that it would never take one. Such a record is refused where it would take admin_epoch
 * back, and nowhere else. Each node says its feature set since 2.1.5.
 */
export const takesRankOnlyAt = ({ nodes }: Pick<ClusterView, 'nodes'>): boolean =>
  [...nodes.values()].every(({ transient }) => isBefore(transient.get('#feature-set'), LOSES_PATCH_FROM));

const isBefore = (version: string | undefined, limit: readonly number[]): boolean => {
  const parts = version?.split('.').map(Number) ?? [];
  const at = limit.findIndex((number, index) => (parts[index] ?? 0) !== number);
  return at >= 0 && (parts[at] ?? 0) < (limit[at] ?? 0);
};

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
