/** What a lab can be asked to be, with the defaults of `lab up`. */
import { UsageError } from './failure.ts';
import { defaultNodeNames, topology } from './topology.ts';

export const agents = ['pha', 'heartbeat', 'paf', 'floor', 'none'] as const;
export type Agent = (typeof agents)[number];

export const repModes = ['sync', 'async', 'none', 'slave'] as const;
export type RepMode = (typeof repModes)[number];

export const corosyncTimings = ['default', 'fast'] as const;
export type CorosyncTiming = (typeof corosyncTimings)[number];

export interface LabOptions {
  readonly name: string;
  readonly nodeNames: readonly string[];
  readonly agent: Agent;
  /** Nothing of pha and no database: Corosync and Pacemaker run, as after `pcs cluster start --all`. */
  readonly fresh: boolean;
  readonly repMode: RepMode;
  readonly corosync: CorosyncTiming;
  /** For the resource pgsql; the cluster's default for all others is 10. */
  readonly migrationThreshold: number;
  /** Parameters of the resource pgsql, in place of or in addition to the lab's. */
  readonly params: Readonly<Record<string, string>>;
  /** Cluster properties, in place of or in addition to the lab's. */
  readonly properties: Readonly<Record<string, string>>;
}

export type LabRequest = { readonly [Key in keyof LabOptions]?: LabOptions[Key] | undefined } & {
  /** How many nodes, if they have no names of their own. */
  readonly nodes?: number | undefined;
};

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

/** @throws UsageError with one sentence on the first thing that is wrong. */
export const completeOptions = (request: LabRequest): LabOptions => {
  const count = request.nodes ?? request.nodeNames?.length ?? 3;
  if (!Number.isInteger(count)) throw new UsageError('--nodes is a whole number.');
  if (request.nodeNames !== undefined && request.nodeNames.length !== count) {
    throw new UsageError(`${count} nodes were asked for, but ${request.nodeNames.length} names were given.`);
  }
  const nodeNames = request.nodeNames ?? defaultNodeNames(Math.max(0, Math.min(count, 999)));
  topology(nodeNames);
  const migrationThreshold = request.migrationThreshold ?? 3;
  if (!Number.isInteger(migrationThreshold) || migrationThreshold < 0) {
    throw new UsageError('--migration-threshold is a whole number, 0 or more.');
  }
  const options: LabOptions = {
    name: checkLabName(request.name ?? 'lab'),
    nodeNames,
    agent: oneOf('--agent', request.agent ?? (request.fresh === true ? 'none' : 'pha'), agents),
    fresh: request.fresh === true,
    repMode: oneOf('--rep-mode', request.repMode ?? 'sync', repModes),
    corosync: oneOf('--corosync', request.corosync ?? 'default', corosyncTimings),
    migrationThreshold,
    params: request.params ?? {},
    properties: request.properties ?? {},
  };
  if (options.fresh && options.agent !== 'none') {
    throw new UsageError(`A fresh lab has no agent: leave --agent ${options.agent} out.`);
  }
  if (options.agent === 'paf' && (options.repMode === 'none' || options.repMode === 'slave')) {
    throw new UsageError(`The agent paf has no rep_mode ${options.repMode}.`);
  }
  return options;
};
