import { enumerate } from '../cli/text.ts';
import type { Situation } from './situation.ts';

/** error: writes, their safety, the next failover, or all reads through a read VIP are at stake · warning: needs attention · notice: good to know. */
export type Severity = 'error' | 'warning' | 'notice';

export const GROUPS = [
  'Cluster',
  'Corosync',
  'Nodes',
  'Addresses',
  'Read balancing',
  'PostgreSQL settings',
  'Replication',
  'Arbiter',
  'Secrets',
  'Disk space',
] as const;

export type Group = (typeof GROUPS)[number];

export interface Finding {
  readonly severity: Severity;
  /** The nodes that it is about; empty for the whole cluster. */
  readonly nodes: readonly string[];
  /** What is wrong, with the values. */
  readonly sentence: string;
  /** A command, or a line to write and where. */
  readonly fix?: string;
}

export interface Rule {
  /** Stable, for scripts and tests. */
  readonly id: string;
  readonly group: Group;
  /** What holds when nothing is found, such as `every node knows the names of the others`. */
  readonly checks: string;
  /** Undefined when there is nothing to look at: then the rule says nothing at all. */
  readonly find: (situation: Situation) => readonly Finding[] | undefined;
}

export const finding = (
  severity: Severity,
  nodes: readonly string[],
  sentence: string,
  fix?: string,
): Finding => ({ severity, nodes, sentence, ...(fix === undefined ? {} : { fix }) });

/** `on node1 and node2`. */
export const on = (nodes: readonly string[]): string => `on ${enumerate(nodes)}`;

/** Nodes with the same value, in the order of the first of each. `keyOf` tells values apart that are objects. */
export function byValue<T>(
  entries: readonly { readonly node: string; readonly value: T }[],
  keyOf: (value: T) => unknown = (value) => value,
): readonly { readonly value: T; readonly nodes: readonly string[] }[] {
  const groups = new Map<unknown, { readonly value: T; readonly nodes: string[] }>();
  for (const { node, value } of entries) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), { value, nodes: [node] });
    else if (!group.nodes.includes(node)) group.nodes.push(node);
  }
  return [...groups.values()];
}
