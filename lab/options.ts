/** What a lab can be asked to be, with the defaults of `lab up`. */
import { UsageError } from './failure.ts';
import { defaultNodeNames, type NodeSpec, topology } from './topology.ts';

export const agents = ['pha', 'heartbeat', 'paf', 'floor', 'none'] as const;
export type Agent = (typeof agents)[number];

export const repModes = ['sync', 'async', 'none', 'slave'] as const;
export type RepMode = (typeof repModes)[number];

export const corosyncTimings = ['default', 'fast'] as const;
export type CorosyncTiming = (typeof corosyncTimings)[number];

export const templates = ['muti', 'muti_with_lvs', 'dual', 'dual_qdevice'] as const;
export type Template = (typeof templates)[number];

/**
 * What the nodes are. `mixed`: the databases in namespaces; the directors, and what is outside the cluster, guests of
 * User-Mode Linux, which has ip_vs and tunnels.
 */
export const backends = ['auto', 'namespaces', 'mixed', 'uml'] as const;
export type BackendName = (typeof backends)[number];

export interface LabOptions {
  readonly name: string;
  /** The cluster's nodes that have a database. */
  readonly nodeNames: readonly string[];
  /** The cluster's nodes that have none, and spread the reads. Without any, a database's node does that, too. */
  readonly directorNames: readonly string[];
  /** Machines with a database that are no nodes of the cluster. */
  readonly outsideNames: readonly string[];
  /** Machines outside the cluster whose database decides between two nodes: none, or one. */
  readonly arbiterNames: readonly string[];
  /** Machines outside the cluster with corosync-qnetd: none, or one. */
  readonly deviceNames: readonly string[];
  readonly template: Template;
  readonly backend: BackendName;
  readonly agent: Agent;
  /** Nothing of pha and no database: Corosync and Pacemaker run, as after `pcs cluster start --all`. */
  readonly fresh: boolean;
  /** Each node has a wall clock of its own, which can be set. */
  readonly clocks: boolean;
  readonly repMode: RepMode;
  readonly corosync: CorosyncTiming;
  /** For the resource pgsql; the cluster's default for all others is 10. */
  readonly migrationThreshold: number;
  /** Parameters of the resource pgsql, in place of or in addition to the lab's. */
  readonly params: Readonly<Record<string, string>>;
  /** The same for the resource lvsdr. */
  readonly balancerParams: Readonly<Record<string, string>>;
  /** Cluster properties, in place of or in addition to the lab's. */
  readonly properties: Readonly<Record<string, string>>;
}

export type LabRequest = { readonly [Key in keyof LabOptions]?: LabOptions[Key] | undefined } & {
  /** How many nodes, if they have no names of their own. */
  readonly nodes?: number | undefined;
  /** How many directors and machines outside, likewise. */
  readonly directors?: number | undefined;
  readonly outside?: number | undefined;
};

/** Every node of the cluster, those with a database first. */
export const clusterNames = ({ nodeNames, directorNames }: LabOptions): string[] => [
  ...nodeNames,
  ...directorNames,
];

/** Every machine of the lab; the nodes of the cluster come first. */
export const machinesOf = (options: LabOptions): NodeSpec[] =>
  topology([
    ...clusterNames(options),
    ...options.outsideNames,
    ...options.arbiterNames,
    ...options.deviceNames,
  ]);

export const clusterNodes = (options: LabOptions): NodeSpec[] =>
  machinesOf(options).slice(0, clusterNames(options).length);

/** Two nodes, and a third machine that decides between them. */
export const isDual = (template: Template): boolean => template === 'dual' || template === 'dual_qdevice';

/** Is it a guest of User-Mode Linux? */
export const isGuest = ({ backend, directorNames, outsideNames }: LabOptions, name: string): boolean =>
  backend === 'uml' || (backend === 'mixed' && [...directorNames, ...outsideNames].includes(name));

const oneOf = <T extends string>(what: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new UsageError(`${what} is one of ${allowed.join(', ')}, not "${value}".`);
  return found;
};

export const checkLabName = (name: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(name)) {
    throw new UsageError(`A lab's name is up to 40 letters, digits, "-" and "_", not "${name}".`);
  }
  return name;
};

const numbered = (word: string, what: string, count: number): string[] => {
  if (!Number.isInteger(count) || count < 0 || count > 9)
    throw new UsageError(`${what} is a whole number from 0 to 9.`);
  return Array.from({ length: count }, (_, index) => `${word}${index + 1}`);
};

/** @throws UsageError with one sentence on the first thing that is wrong. */
export const completeOptions = (request: LabRequest): LabOptions => {
  const template = oneOf('--template', request.template ?? 'muti', templates);
  const count = request.nodes ?? request.nodeNames?.length ?? (isDual(template) ? 2 : 3);
  if (!Number.isInteger(count)) throw new UsageError('--nodes is a whole number.');
  if (request.nodeNames !== undefined && request.nodeNames.length !== count) {
    throw new UsageError(`${count} nodes were asked for, but ${request.nodeNames.length} names were given.`);
  }
  const nodeNames = request.nodeNames ?? defaultNodeNames(Math.max(0, Math.min(count, 999)));
  const migrationThreshold = request.migrationThreshold ?? 3;
  if (!Number.isInteger(migrationThreshold) || migrationThreshold < 0) {
    throw new UsageError('--migration-threshold is a whole number, 0 or more.');
  }
  const options: LabOptions = {
    name: checkLabName(request.name ?? 'lab'),
    nodeNames,
    directorNames: request.directorNames ?? numbered('lvs', '--directors', request.directors ?? 0),
    outsideNames: request.outsideNames ?? numbered('outside', '--outside', request.outside ?? 0),
    arbiterNames: template === 'dual' ? ['arbiter'] : [],
    deviceNames: template === 'dual_qdevice' ? ['qnetd'] : [],
    template,
    backend: oneOf('--backend', request.backend ?? 'auto', backends),
    agent: oneOf('--agent', request.agent ?? (request.fresh === true ? 'none' : 'pha'), agents),
    fresh: request.fresh === true,
    clocks: request.clocks === true,
    repMode: oneOf('--rep-mode', request.repMode ?? 'sync', repModes),
    corosync: oneOf('--corosync', request.corosync ?? 'default', corosyncTimings),
    migrationThreshold,
    params: { ...(template === 'dual_qdevice' ? { quorum_device: 'true' } : {}), ...request.params },
    balancerParams: request.balancerParams ?? {},
    properties: request.properties ?? {},
  };
  machinesOf(options);
  if (options.directorNames.length > 0 && options.template !== 'muti_with_lvs') {
    throw new UsageError('Only the template muti_with_lvs has directors: add --template muti_with_lvs.');
  }
  if (
    options.template === 'muti_with_lvs' &&
    (options.agent !== 'pha' || !['sync', 'async'].includes(options.repMode))
  ) {
    throw new UsageError('The template muti_with_lvs needs --agent pha and --rep-mode sync or async.');
  }
  if (isDual(template) && (count !== 2 || options.fresh || options.repMode === 'slave')) {
    throw new UsageError('The templates for two nodes have two, with a database, and no --rep-mode slave.');
  }
  if (options.clocks && !isDual(template) && template !== 'muti') {
    throw new UsageError('Only nodes of namespaces have clocks that can be set: leave --clocks out.');
  }
  if (options.fresh && options.agent !== 'none') {
    throw new UsageError(`A fresh lab has no agent: leave --agent ${options.agent} out.`);
  }
  if (options.agent === 'paf' && (options.repMode === 'none' || options.repMode === 'slave')) {
    throw new UsageError(`The agent paf has no rep_mode ${options.repMode}.`);
  }
  return options;
};
