import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { isTrue } from './nvpairs.ts';
import { childOf, childrenOf, parseXml, type XmlElement } from './xml.ts';

/** Who is there, with which attributes, and what runs where: what a resource needs to know that follows others. */
export interface ClusterPicture {
  /** Every node that the cluster knows, by name; true for one that is up. */
  readonly nodes: ReadonlyMap<string, boolean>;
  /** By node, then by name. Nodes that are not up have none. */
  readonly attributes: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Nodes on which a primitive, a group or a clone is active, by its id. Missing for an id that there is not. */
  readonly places: ReadonlyMap<string, ReadonlySet<string>>;
}

/** As this node's Pacemaker has it, in one call. */
export const queryPicture = async (deadline: Deadline): Promise<Fact<ClusterPicture>> => {
  const result = await run('crm_mon', ['--one-shot', '--output-as=xml'], { deadline });
  if (result.notFound) return unknown('Pacemaker is not installed on this node');
  if (!succeeded(result)) return unknown(describeFailure(result));
  return parsePicture(result.stdout);
};

/** Reads `crm_mon -1 --output-as=xml` of Pacemaker 2.0.3 to 3.0. Total: any text gives a picture or a reason. */
export const parsePicture = (xml: string): Fact<ClusterPicture> => {
  const parsed = parseXml(xml);
  if (!parsed.ok) return unknown(parsed.reason);
  const nodes = childOf(parsed.root, 'nodes');
  if (nodes === undefined) return unknown(`crm_mon tells of no nodes, only <${parsed.root.tag}>`);
  return known({
    nodes: new Map(
      childrenOf(nodes, 'node').map((node) => [text(node, 'name'), isTrue(node.attributes.get('online'))]),
    ),
    attributes: new Map(
      childrenOf(childOf(parsed.root, 'node_attributes'), 'node').map((node) => [
        text(node, 'name'),
        new Map(
          childrenOf(node, 'attribute').map((attribute) => [
            text(attribute, 'name'),
            text(attribute, 'value'),
          ]),
        ),
      ]),
    ),
    places: placesBelow(childOf(parsed.root, 'resources')),
  });
};

const text = (element: XmlElement, name: string): string => element.attributes.get(name) ?? '';

/** Roles in which a resource serves; with an operation under way, its name stands in place of the role. */
const SERVING = new Set(['Started', 'Promoted', 'Unpromoted', 'Master', 'Slave']);

const placesBelow = (resources: XmlElement | undefined): ReadonlyMap<string, ReadonlySet<string>> => {
  const places = new Map<string, Set<string>>();
  const visit = (element: XmlElement, within: readonly string[]): void => {
    // A clone whose instances are told apart writes `pgsql:0`.
    const id = text(element, 'id').replace(/:\d+$/, '');
    const ids = id === '' ? within : [...within, id];
    for (const each of ids) if (!places.has(each)) places.set(each, new Set());
    if (element.tag === 'resource') {
      const isUp = SERVING.has(text(element, 'role')) && text(element, 'pending') !== 'Stopping';
      const nodes = isUp ? childrenOf(element, 'node').map((node) => text(node, 'name')) : [];
      for (const each of ids) for (const node of nodes) places.get(each)?.add(node);
    } else {
      for (const child of element.children) visit(child, ids);
    }
  };
  for (const child of resources?.children ?? []) visit(child, []);
  return places;
};
