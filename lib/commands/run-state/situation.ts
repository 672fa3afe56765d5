import type { MonInstance } from '../../pacemaker/crm-mon.ts';
import type { ResourceTree } from '../../pacemaker/resource-tree.ts';
import type { Situation } from '../status/situation.ts';
import type { Scope } from './scope.ts';

/** All that cls_start and cls_stop decide from. */
export interface RunStateSnapshot {
  readonly situation: Situation;
  readonly tree: ResourceTree;
  /** RESOURCE_LIST of config.ini, if there is one. */
  readonly resourceList?: readonly string[];
  /** Why there is none, although there is a file. */
  readonly configComplaint?: string;
  /** Process id of the PostgreSQL of this node, if it runs. */
  readonly localServer?: number;
}

export const instancesIn = ({ mon }: Situation, { primitives }: Scope): readonly MonInstance[] =>
  mon.instances.filter(({ resource }) => primitives.includes(resource));

/** Runs somewhere, or is just about to, or not yet gone. */
export const isActive = ({ role, nodes, pending }: MonInstance): boolean =>
  (role !== 'stopped' && nodes.length > 0) || pending !== undefined;
