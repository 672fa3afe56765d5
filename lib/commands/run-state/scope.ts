import {
  idOf,
  primitivesIn,
  type ResourceTree,
  topOf,
  withDependents,
} from '../../pacemaker/resource-tree.ts';
import { targetRolePatch } from '../../pacemaker/target-role.ts';
import type { XmlElement } from '../../pacemaker/xml.ts';

/** What is started and stopped together. */
export interface Scope {
  readonly tops: readonly XmlElement[];
  /** As operators know them: `msPostgresql`, `vip-master`. */
  readonly names: readonly string[];
  /** Whose instances run somewhere: `pgsql`, `vip-master`. */
  readonly primitives: readonly string[];
  /** What is wrong with RESOURCE_LIST, in words: a name misspelled there must not pass for one that was left out. */
  readonly complaints: readonly string[];
}

/**
 * RESOURCE_LIST of config.ini if it names the database, else the database and what depends on it.
 * @param database name of its primitive
 */
export function scopeOf(
  tree: ResourceTree,
  database: string,
  resourceList: readonly string[] | undefined,
): Scope {
  const listed = (resourceList ?? []).map((name) => ({ name, top: topOf(tree, name) }));
  const isAbout = listed.some(({ top }) => top !== undefined && top === topOf(tree, database));
  const tops = isAbout
    ? [...new Set(listed.flatMap(({ top }) => (top === undefined ? [] : [top])))]
    : withDependents(tree, database);
  const missing = listed.filter(({ top }) => top === undefined);
  return {
    tops,
    names: tops.map(idOf),
    primitives: tops.flatMap(primitivesIn),
    complaints: [
      ...missing.map(({ name }) => `RESOURCE_LIST names ${name}, which the cluster does not have`),
      ...(isAbout || listed.length === 0
        ? []
        : [
            `RESOURCE_LIST does not name the database (${tops.slice(0, 1).map(idOf).join() || database}), so it is not used: cls_start and cls_stop take the database and all that depends on it`,
          ]),
    ],
  };
}

/** The database is to be stopped (cls_stop), and nothing that depends on it can run. */
export function isSwitchedOff(tree: ResourceTree, database: string): boolean {
  const top = topOf(tree, database);
  return top !== undefined && targetRolePatch(tree, [top], 'Stopped') === undefined;
}
