import type { ClusterPicture } from '../../pacemaker/picture.ts';
import type { Fact } from '../../system/fact.ts';
import type { DirectorConfig } from './config.ts';

/** Where the list of servers comes from. */
export type Source = 'script' | 'resource' | 'list' | 'partition';

export interface Candidates {
  readonly source: Source;
  /** Hosts, as they are named there. */
  readonly hosts: Fact<readonly string[]>;
  /** Why a source that comes before this one could not be used. */
  readonly insteadOf?: string;
}

/**
 * Who may be a real server: the get script decides, else the dependent resource, else weight_of_realservers, else every
 * node of the partition. Pure.
 *
 * @param printed what the get script has printed; undefined where there is none
 * @param hasServers whether somebody serves now, who can go on when the script fails
 */
export const candidatesOf = (
  config: DirectorConfig,
  cluster: Fact<ClusterPicture>,
  printed: Fact<readonly string[]> | undefined,
  hasServers: boolean,
): Candidates => {
  if (printed === undefined) return withoutScript(config, cluster);
  if (printed.known || hasServers) return { source: 'script', hosts: printed };
  return { ...withoutScript(config, cluster), insteadOf: printed.reason };
};

/** What counts where a script does not. */
const withoutScript = (config: DirectorConfig, cluster: Fact<ClusterPicture>): Candidates => {
  if (config.dependentResource !== '') {
    return { source: 'resource', hosts: nodesWith(cluster, config.dependentResource) };
  }
  if (config.list.length > 0) {
    return { source: 'list', hosts: { known: true, value: config.list.map(({ host }) => host) } };
  }
  return { source: 'partition', hosts: mapped(cluster, ({ nodes }) => up(nodes)) };
};

const nodesWith = (cluster: Fact<ClusterPicture>, resource: string): Fact<readonly string[]> =>
  mapped(cluster, ({ nodes, places }) => [...(places.get(resource) ?? [])].filter((node) => nodes.get(node)));

const up = (nodes: ReadonlyMap<string, boolean>): readonly string[] =>
  [...nodes].filter(([, online]) => online).map(([name]) => name);

const mapped = <T, U>(fact: Fact<T>, change: (value: T) => U): Fact<U> =>
  fact.known ? { known: true, value: change(fact.value) } : fact;
