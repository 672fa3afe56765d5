/** Whether a cluster of three is well, by what each of its nodes sees (pure). */
import { type CrmMon, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import { trouble } from '../../lab/observe/health.ts';
import type { LabOptions } from '../../lab/options.ts';
import type { Place } from './faults.ts';

/** What each node sees; undefined: it does not say. */
export type Views = ReadonlyMap<string, CrmMon | undefined>;

export type Cast = Readonly<Record<Place, string>>;

const attributeOf = (cluster: CrmMon, node: string, name: string): string | undefined =>
  cluster.attributes[node]?.[name];

const roleTrouble = (cluster: CrmMon): string | undefined => {
  const primary = promotedNode(cluster) ?? '';
  if (attributeOf(cluster, primary, 'pgsql-status') !== 'PRI') return `${primary} is not marked PRI`;
  if (attributeOf(cluster, primary, 'pgsql-data-status') !== 'LATEST')
    return `${primary} is not marked LATEST`;
  const sync = unpromotedNodes(cluster).filter(
    (node) =>
      attributeOf(cluster, node, 'pgsql-status') === 'HS:sync' &&
      attributeOf(cluster, node, 'pgsql-data-status') === 'STREAMING|SYNC' &&
      attributeOf(cluster, node, 'master-pgsql') === '100',
  );
  if (sync.length !== 1) return 'no standby is marked synchronous in every way';
  const odd = unpromotedNodes(cluster).find(
    (node) => !sync.includes(node) && attributeOf(cluster, node, 'pgsql-status') !== 'HS:async',
  );
  return odd === undefined ? undefined : `${odd} is not marked HS:async`;
};

/** What is missing, in words, in the eyes of some node; undefined if nothing is. */
export const lackOf = (views: Views, options: LabOptions): string | undefined => {
  for (const [node, view] of views) {
    if (view === undefined) return `${node} does not say how the cluster is`;
    const lack = trouble(view, options) ?? roleTrouble(view);
    if (lack !== undefined) return `${lack}, as ${node} sees it`;
  }
  const primaries = [...views.values()].map((view) => view && promotedNode(view));
  return new Set(primaries).size === 1 ? undefined : 'the nodes do not agree who is the primary';
};

/** Who is who where nothing is missing. */
export const castOf = (views: Views): Cast => {
  const [view] = views.values();
  if (view === undefined) throw new Error('no node says how the cluster is');
  const standbys = unpromotedNodes(view);
  const isSync = (node: string): boolean => attributeOf(view, node, 'pgsql-status') === 'HS:sync';
  return {
    primary: promotedNode(view) ?? '',
    sync: standbys.find(isSync) ?? '',
    other: standbys.find((node) => !isSync(node)) ?? '',
  };
};

/** Equal as long as nothing moves: neither roles nor marks nor failures; positions do not count. */
export const signatureOf = (views: Views): string =>
  JSON.stringify(
    [...views].map(([node, view]) => [
      node,
      view === undefined
        ? null
        : {
            online: view.nodes.filter(({ online }) => online).map(({ name }) => name),
            roles: view.resources.map(({ id, role, node: at }) => [id, role, at]),
            marks: Object.entries(view.attributes).map(([name, all]) => [
              name,
              ...['pgsql-status', 'pgsql-data-status', 'master-pgsql'].map((key) => all[key]),
            ]),
            failures: view.failures.map(({ operation, node: at, exitReason }) => [operation, at, exitReason]),
            failCounts: view.failCounts,
          },
    ]),
  );
