import { idOf } from '../../pacemaker/resource-tree.ts';
import type { XmlElement } from '../../pacemaker/xml.ts';
import { xmlElement } from '../../pacemaker/xml-writer.ts';
import { stateNames } from '../../pgsql/names.ts';
import { namedPrimaryProperty } from '../../pgsql/reset.ts';

/** The configuration with the record that `node` is to be the first primary: see namedPrimary in lib/pgsql/reset.ts. */
export function withFirstPrimary(configuration: XmlElement, resource: string, node: string): XmlElement {
  const { set: setId, name, value } = namedPrimaryProperty(stateNames(resource), node);
  const pair = xmlElement('nvpair', { id: `${setId}-${name}`, name, value });
  const inSection = (section: XmlElement): XmlElement => {
    const set = section.children.find((child) => idOf(child) === setId);
    const others = section.children.filter((child) => child !== set);
    const own = (set?.children ?? []).filter((child) => child.attributes.get('name') !== name);
    const made = set ?? xmlElement('cluster_property_set', { id: setId });
    return { ...section, children: [...others, { ...made, children: [...own, pair] }] };
  };
  return {
    ...configuration,
    children: configuration.children.map((section) =>
      section.tag === 'crm_config' ? inSection(section) : section,
    ),
  };
}
