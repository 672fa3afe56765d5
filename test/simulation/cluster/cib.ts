/** Pacemaker's cluster information base, as a value: every write makes a new one, and the newest of two can be told. */
import type { ConfigurationChange } from '../../../lib/pacemaker/configuration-patch.ts';
import type { ClusterNode, ClusterView } from '../../../lib/pacemaker/view.ts';
import { type ClusterFacts, clusterFacts } from '../../../lib/pgsql/cluster-facts.ts';
import { stateNames } from '../../../lib/pgsql/names.ts';
import type { Rules } from '../rules.ts';
import { type Instance, UNKNOWN_INSTANCE } from './instance.ts';

export const RESOURCE = 'pgsql';
export const NAMES = stateNames(RESOURCE);

export interface CibNode {
  readonly name: string;
  readonly online: boolean;
  readonly standby: boolean;
  readonly dataStatus: string | undefined;
  readonly transient: ReadonlyMap<string, string>;
  /** what Pacemaker knows of the resource there */
  readonly instance: Instance;
  view?: ClusterNode;
}

export interface Cib {
  readonly adminEpoch: number;
  readonly epoch: number;
  readonly updates: number;
  readonly haveQuorum: boolean;
  readonly dc: string | undefined;
  readonly nodes: readonly CibNode[];
  readonly properties: ReadonlyMap<string, string>;
  /** made when somebody looks */
  view?: ClusterView;
  facts?: ClusterFacts;
}

const NOTHING: ReadonlyMap<string, string> = new Map();
const NO_PLACES: ClusterView['propertyPlaces'] = new Map();

export const emptyCib = (names: readonly string[]): Cib => ({
  adminEpoch: 0,
  epoch: 1,
  updates: 0,
  haveQuorum: false,
  dc: undefined,
  properties: NOTHING,
  nodes: names.map((name) => ({
    name,
    online: false,
    standby: false,
    dataStatus: undefined,
    transient: NOTHING,
    instance: UNKNOWN_INSTANCE,
  })),
});

/** As Pacemaker compares versions. */
export const compareCibs = (a: Cib, b: Cib): number =>
  a.adminEpoch - b.adminEpoch || a.epoch - b.epoch || a.updates - b.updates;

export const newestOf = (cibs: readonly Cib[]): Cib =>
  cibs.reduce((newest, cib) => (compareCibs(cib, newest) > 0 ? cib : newest));

export type CibWrite = (cib: Cib) => Cib | undefined;

export const changeNode = (cib: Cib, name: string, change: Partial<CibNode>): Cib => ({
  ...bare(cib),
  updates: cib.updates + 1,
  nodes: cib.nodes.map((node) => (node.name === name ? { ...bareNode(node), ...change } : node)),
});

const bare = ({ view: _v, facts: _f, ...cib }: Cib): Cib => cib;
const bareNode = ({ view: _, ...node }: CibNode): CibNode => node;

export const writeTransientTo =
  (nodeName: string, name: string, value: string | undefined): CibWrite =>
  (cib) => {
    const node = cib.nodes.find((each) => each.name === nodeName);
    if (node === undefined || node.transient.get(name) === value) return cib;
    const transient = new Map(node.transient);
    if (value === undefined) transient.delete(name);
    else transient.set(name, value);
    return changeNode(cib, nodeName, { transient });
  };

/**
 * A record, as configurationPatch has it: each node takes it for its own CIB, or refuses it (undefined).
 *
 * @param view from which it was decided
 */
export const writeChangeTo =
  (
    { rank = 0, permanent, properties }: ConfigurationChange,
    { adminEpoch: decidedAt }: ClusterView,
    takesRecord: Rules['takesRecord'],
  ): CibWrite =>
  (cib) => {
    if (!takesRecord(cib.adminEpoch, decidedAt, rank)) return undefined;
    const statuses = new Map(permanent.map(({ node, value }) => [node, value]));
    return {
      ...bare(cib),
      adminEpoch: decidedAt + rank,
      epoch: cib.epoch + 1,
      updates: 0,
      nodes: cib.nodes.map((node) => {
        const dataStatus = statuses.get(node.name);
        return dataStatus === undefined ? node : { ...bareNode(node), dataStatus };
      }),
      properties:
        properties.length === 0
          ? cib.properties
          : new Map([...cib.properties, ...properties.map(({ name, value }) => [name, value] as const)]),
    };
  };

/** What agents see of the cluster does not change by it. */
export const writeInstanceTo =
  (name: string, instance: Instance): CibWrite =>
  (cib) => {
    const index = cib.nodes.findIndex((node) => node.name === name);
    const node = cib.nodes[index];
    if (node === undefined || !node.online || node.instance === instance) return cib;
    const nodes = [...cib.nodes];
    nodes[index] = { ...node, instance };
    return { ...cib, updates: cib.updates + 1, nodes };
  };

export const writeStandbyTo =
  (name: string, standby: boolean): CibWrite =>
  (cib) => ({ ...changeNode(cib, name, { standby }), epoch: cib.epoch + 1, updates: 0 });

/** What a controller writes after its partition has changed: who is here, and what the members say of their resources. */
export const writeMembershipTo =
  (dc: string, haveQuorum: boolean, members: ReadonlyMap<string, Instance>): ((cib: Cib) => Cib) =>
  (cib) => ({
    ...bare(cib),
    dc,
    haveQuorum,
    updates: cib.updates + 1,
    nodes: cib.nodes.map((node) => {
      const instance = members.get(node.name);
      return instance === undefined
        ? { ...bareNode(node), online: false, transient: NOTHING, instance: UNKNOWN_INSTANCE }
        : { ...bareNode(node), online: true, instance };
    }),
  });

/** What is left of it on the disk of a machine that was switched off. */
export const withoutStatus = (cib: Cib): Cib => ({
  ...bare(cib),
  updates: 0,
  haveQuorum: false,
  dc: undefined,
  nodes: cib.nodes.map((node) => ({
    ...bareNode(node),
    online: false,
    transient: NOTHING,
    instance: UNKNOWN_INSTANCE,
  })),
});

export const viewOf = (cib: Cib): ClusterView => {
  cib.view ??= {
    ...(cib.dc === undefined ? {} : { dc: cib.dc }),
    haveQuorum: cib.haveQuorum,
    adminEpoch: cib.adminEpoch,
    stonithEnabled: false,
    noQuorumPolicy: 'stop',
    maintenanceMode: false,
    nodes: new Map(cib.nodes.map((node, index) => [node.name, nodeViewOf(node, index)])),
    properties: cib.properties,
    propertyPlaces: NO_PLACES,
  };
  return cib.view;
};

export const factsOf = (cib: Cib): ClusterFacts => {
  cib.facts ??= clusterFacts(viewOf(cib), NAMES);
  return cib.facts;
};

const nodeViewOf = (node: CibNode, index: number): ClusterNode => {
  node.view ??= {
    name: node.name,
    id: String(index + 1),
    remote: false,
    member: node.online,
    online: node.online,
    standby: node.standby,
    maintenance: false,
    transient: node.transient,
    permanent: node.dataStatus === undefined ? NOTHING : new Map([[NAMES.dataStatus, node.dataStatus]]),
    permanentPlaces: NO_PLACES,
  };
  return node.view;
};
