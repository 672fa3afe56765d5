import { idOf } from '../../pacemaker/resource-tree.ts';
import type { XmlElement } from '../../pacemaker/xml.ts';
import { xmlElement } from '../../pacemaker/xml-writer.ts';
import { REPLICATION_SET, stateNames } from '../../pgsql/names.ts';
import { formatReplInfo } from '../../pgsql/repl-info.ts';
import type { Lsn } from '../../postgres/lsn.ts';

/**
 * The configuration with the record that `node` is the primary: the agents then promote it and no other, and on the
 * timeline that it is on. Timeline 0 in the record says that no promotion has been (lib/pgsql/repl-info.ts).
 */
export function withFirstPrimary(configuration: XmlElement, resource: string, node: string): XmlElement {
  const name = stateNames(resource).replInfo;
  const pair = xmlElement('nvpair', {
    id: `${REPLICATION_SET}-${name}`,
    name,
    value: formatReplInfo({ node, timeline: 0, end: 0n as Lsn }),
  });
  const inSection = (section: XmlElement): XmlElement => {
    const set = section.children.find((child) => idOf(child) === REPLICATION_SET);
    const others = section.children.filter((child) => child !== set);
    const own = (set?.children ?? []).filter((child) => child.attributes.get('name') !== name);
    const made = set ?? xmlElement('cluster_property_set', { id: REPLICATION_SET });
    return { ...section, children: [...others, { ...made, children: [...own, pair] }] };
  };
  return {
    ...configuration,
    children: configuration.children.map((section) =>
      section.tag === 'crm_config' ? inSection(section) : section,
    ),
  };
}
