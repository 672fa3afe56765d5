import type { ClusterNode, ClusterView } from '../pacemaker/view.ts';
import { parseTimeline, type Timeline } from '../postgres/lsn.ts';
import { DataStatus, type StateNames } from './names.ts';
import { parseReplInfo, type ReplInfo } from './repl-info.ts';

export interface UnreadableRecord {
  /** what is wrong, with the value */
  readonly problem: string;
  /** where no primary is there to put it right */
  readonly remedy: string;
}

export const describeUnreadable = ({ problem, remedy }: UnreadableRecord): string => `${problem}; ${remedy}`;

/** Reads what this resource keeps in the cluster out of a view of it. Nodes are compared by their whole name. */
export interface ClusterFacts {
  readonly view: ClusterView;
  readonly replInfo: ReplInfo | undefined;
  readonly replInfoText: string | undefined;
  /** see ReplInfo; 0 when there is none */
  readonly usedTimeline: Timeline;
  /** undefined when the record of promotions can be read; else nobody may be promoted by it */
  readonly unreadable: UnreadableRecord | undefined;
  readonly online: (node: string) => boolean;
  readonly status: (node: string) => string | undefined;
  readonly dataStatus: (node: string) => string | undefined;
  readonly score: (node: string) => string | undefined;
  /** why PostgreSQL of that node does not let its agent in; undefined where it does */
  readonly refuses: (node: string) => string | undefined;
  readonly transient: (node: string, name: string) => string | undefined;
  /** the online nodes whose status says primary */
  readonly primaries: readonly string[];
  /** nodes of which the cluster believes that they hold every acknowledged write */
  readonly markedSync: readonly string[];
}

export const clusterFacts = (view: ClusterView, names: StateNames): ClusterFacts => {
  const nodeOf = (node: string): ClusterNode | undefined => view.nodes.get(node);
  const online = (node: string): boolean => nodeOf(node)?.online === true;
  // What Pacemaker still shows of a node that is offline is of its last life.
  const transient = (node: string, name: string): string | undefined =>
    online(node) ? nodeOf(node)?.transient.get(name) || undefined : undefined;
  const all = [...view.nodes.keys()];
  const replInfoText = view.properties.get(names.replInfo) || undefined;
  const usedText = view.properties.get(names.usedTimeline) || undefined;
  const usedTimeline = parseTimeline(usedText ?? '') ?? 0;
  const replInfo = replInfoText === undefined ? undefined : parseReplInfo(replInfoText);
  return {
    view,
    replInfoText,
    replInfo: replInfo === undefined || usedTimeline === 0 ? replInfo : { ...replInfo, usedTimeline },
    usedTimeline,
    unreadable:
      replInfoText !== undefined && replInfo === undefined
        ? {
            problem: `REPL_INFO is "${replInfoText}", which does not say who was primary`,
            remedy: 'correct or delete it',
          }
        : usedText !== undefined && usedTimeline === 0
          ? {
              problem: `${names.usedTimeline} is "${usedText}", no timeline`,
              remedy: 'set it to the highest in any pg_wal, or run cls_reset_master',
            }
          : undefined,
    online,
    transient,
    status: (node) => transient(node, names.status),
    dataStatus: (node) => nodeOf(node)?.permanent.get(names.dataStatus) || undefined,
    score: (node) => transient(node, names.score),
    refuses: (node) => transient(node, names.refuses),
    primaries: all.filter((node) => transient(node, names.status) === 'PRI'),
    markedSync: all.filter((node) => nodeOf(node)?.permanent.get(names.dataStatus) === DataStatus.sync),
  };
};

/** Those of `wanted` that differ from what the cluster has: an attribute is written only when it changes. */
export const changedOnly = (
  facts: ClusterFacts,
  wanted: readonly { readonly node: string; readonly name: string; readonly value: string | undefined }[],
): { node: string; name: string; value: string | undefined }[] =>
  wanted.filter(({ node, name, value }) => facts.online(node) && facts.transient(node, name) !== value);
