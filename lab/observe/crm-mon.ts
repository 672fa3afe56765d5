/** What `crm_mon --output-as=xml` says about the cluster, as data. */
import { XMLParser } from 'fast-xml-parser';

export type Role =
  | 'Promoted'
  | 'Unpromoted'
  | 'Started'
  | 'Stopped'
  | 'Starting'
  | 'Stopping'
  | 'Promoting'
  | 'Demoting';

export interface ClusterNode {
  readonly name: string;
  readonly online: boolean;
  readonly pending: boolean;
  readonly standby: boolean;
  readonly maintenance: boolean;
}

/** One running or stopped instance of a resource; an instance of a clone that runs nowhere has no node. */
export interface ResourceInstance {
  readonly id: string;
  readonly agent: string;
  readonly role: Role | string;
  readonly node: string | undefined;
  readonly active: boolean;
  readonly failed: boolean;
  readonly managed: boolean;
  readonly blocked: boolean;
}

export interface FailedAction {
  readonly operation: string;
  readonly node: string;
  readonly status: string;
  readonly exitStatus: string;
  readonly exitReason: string;
}

export interface CrmMon {
  readonly dc: string | undefined;
  readonly quorum: boolean;
  readonly nodes: readonly ClusterNode[];
  readonly resources: readonly ResourceInstance[];
  readonly failures: readonly FailedAction[];
  /** By node, then by resource. */
  readonly failCounts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By node, then by name; what `crm_mon -A` shows. */
  readonly attributes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type Tree = { readonly [name: string]: unknown };

const lists = new Set([
  ...['node', 'resource', 'clone', 'group', 'bundle', 'replica', 'attribute', 'failure', 'resource_history'],
]);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  isArray: (name, _path, _leaf, isAttribute) => !isAttribute && lists.has(name),
});

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const child = (tree: Tree, name: string): Tree => {
  const value = tree[name];
  return isTree(value) ? value : {};
};

const children = (tree: Tree, name: string): Tree[] => {
  const value = tree[name];
  return Array.isArray(value) ? value.filter(isTree) : [];
};

const text = (tree: Tree, name: string): string => {
  const value = tree[`@${name}`];
  return typeof value === 'string' ? value : '';
};

const isTrue = (tree: Tree, name: string): boolean => text(tree, name) === 'true';

// Pacemaker before 2.1 and some of its builds still use the old words.
const renamedRoles: Readonly<Record<string, Role>> = { Master: 'Promoted', Slave: 'Unpromoted' };

const instances = (resource: Tree): ResourceInstance[] => {
  const role = text(resource, 'role');
  const common = {
    id: text(resource, 'id').replace(/:\d+$/, ''),
    agent: text(resource, 'resource_agent'),
    role: renamedRoles[role] ?? role,
    active: isTrue(resource, 'active'),
    failed: isTrue(resource, 'failed'),
    managed: isTrue(resource, 'managed'),
    blocked: isTrue(resource, 'blocked'),
  };
  const nodes = children(resource, 'node');
  if (nodes.length === 0) return [{ ...common, node: undefined }];
  return nodes.map((node) => ({ ...common, node: text(node, 'name') }));
};

const allInstances = (tree: Tree): ResourceInstance[] => [
  ...children(tree, 'resource').flatMap(instances),
  ...['clone', 'group', 'bundle', 'replica'].flatMap((name) => children(tree, name).flatMap(allInstances)),
];

const parseFailCounts = (history: Tree): Record<string, Record<string, number>> =>
  Object.fromEntries(
    children(history, 'node').map((node) => [
      text(node, 'name'),
      Object.fromEntries(
        children(node, 'resource_history')
          .map((entry): [string, string] => [text(entry, 'id'), text(entry, 'fail-count')])
          .filter(([, count]) => count !== '' && count !== '0')
          .map(([id, count]) => [id, count === 'INFINITY' ? 1_000_000 : Number(count)]),
      ),
    ]),
  );

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Pacemaker up to 2.1 escapes a reason before it writes the XML, which escapes it once more. */
const unescapeReason = (reason: string): string =>
  reason.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);

/** @throws if the text is no output of `crm_mon --output-as=xml` */
export const parseCrmMon = (xml: string): CrmMon => {
  const document: unknown = parser.parse(xml);
  if (!isTree(document)) throw new Error('crm_mon printed no XML');
  const root = isTree(document['pacemaker-result'])
    ? document['pacemaker-result']
    : child(document, 'crm_mon');
  const dc = child(child(root, 'summary'), 'current_dc');
  return {
    dc: text(dc, 'name') || undefined,
    quorum: isTrue(dc, 'with_quorum'),
    nodes: children(child(root, 'nodes'), 'node').map((node) => ({
      name: text(node, 'name'),
      online: isTrue(node, 'online'),
      pending: isTrue(node, 'pending'),
      standby: isTrue(node, 'standby'),
      maintenance: isTrue(node, 'maintenance'),
    })),
    resources: allInstances(child(root, 'resources')),
    failures: children(child(root, 'failures'), 'failure').map((failure) => ({
      operation: text(failure, 'op_key'),
      node: text(failure, 'node'),
      status: text(failure, 'status'),
      exitStatus: text(failure, 'exitstatus'),
      exitReason: unescapeReason(text(failure, 'exitreason')),
    })),
    failCounts: parseFailCounts(child(root, 'node_history')),
    attributes: Object.fromEntries(
      children(child(root, 'node_attributes'), 'node').map((node) => [
        text(node, 'name'),
        Object.fromEntries(
          children(node, 'attribute').map((attribute) => [text(attribute, 'name'), text(attribute, 'value')]),
        ),
      ]),
    ),
  };
};

/** The node where the resource is promoted, or undefined. */
export const promotedNode = (cluster: CrmMon, resource = 'pgsql'): string | undefined =>
  cluster.resources.find(({ id, role }) => id === resource && role === 'Promoted')?.node;

/** The nodes where the resource runs unpromoted. */
export const unpromotedNodes = (cluster: CrmMon, resource = 'pgsql'): string[] =>
  cluster.resources.flatMap(({ id, role, node }) =>
    id === resource && role === 'Unpromoted' && node !== undefined ? [node] : [],
  );

/** The node where a plain resource, such as a VIP, is started. */
export const startedNode = (cluster: CrmMon, resource: string): string | undefined =>
  cluster.resources.find(({ id, role }) => id === resource && role === 'Started')?.node;
