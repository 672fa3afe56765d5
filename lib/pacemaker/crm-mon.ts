import { isTrue } from './nvpairs.ts';
import { childOf, childrenOf, descendantsOf, parseXml, unescapeXml, type XmlElement } from './xml.ts';

export type MonRole = 'promoted' | 'unpromoted' | 'started' | 'stopped' | 'other';

/** One instance of a primitive: where it runs, and as what. */
export interface MonInstance {
  readonly resource: string;
  readonly role: MonRole;
  /** Empty while stopped; several names mean that it is active in too many places. */
  readonly nodes: readonly string[];
  readonly managed: boolean;
  readonly blocked: boolean;
  readonly failed: boolean;
  /** What is under way, such as `Promoting`; undefined when nothing is. */
  readonly pending?: string;
}

export interface MonNode {
  readonly name: string;
  readonly online: boolean;
  readonly standby: boolean;
  readonly maintenance: boolean;
  /** Joining: a member that does not yet run resources. */
  readonly pending: boolean;
  /** Waiting to be fenced. */
  readonly unclean: boolean;
}

/** An operation that failed, as `Failed Resource Actions` shows it. */
export interface MonFailure {
  readonly resource: string;
  readonly node: string;
  readonly task: string;
  readonly exitCode: number;
  readonly exitStatus: string;
  /** Empty when the agent gave none. */
  readonly exitReason: string;
  readonly when: string;
}

/** The migration summary of one resource on one node. INFINITY is 1000000, as Pacemaker counts it. */
export interface MonFailCount {
  readonly resource: string;
  readonly node: string;
  readonly failCount: number;
  /** Failures after which the node may not run it any more; 1000000 for never. */
  readonly migrationThreshold: number;
  readonly lastFailure?: string;
}

/** A location constraint with score -INFINITY. */
export interface MonBan {
  readonly id: string;
  readonly resource: string;
  readonly node: string;
  readonly promotedOnly: boolean;
}

export interface MonReport {
  readonly dc?: string;
  readonly withQuorum: boolean;
  readonly nodes: readonly MonNode[];
  readonly instances: readonly MonInstance[];
  readonly failures: readonly MonFailure[];
  readonly failCounts: readonly MonFailCount[];
  readonly bans: readonly MonBan[];
}

/** Something is done to it that changes what it is; the first run of a monitor changes nothing. */
export const isChanging = ({ pending }: MonInstance): boolean =>
  pending !== undefined && pending !== 'Monitoring';

/** The nodes on which a resource that is not promotable is active. */
export const startedOn = ({ instances }: Pick<MonReport, 'instances'>, id: string): readonly string[] => [
  ...new Set(
    instances
      .filter(({ resource, role }) => resource === id && role === 'started')
      .flatMap(({ nodes }) => nodes),
  ),
];

const ROLES: Readonly<Record<string, MonRole>> = {
  Promoted: 'promoted',
  Master: 'promoted',
  Unpromoted: 'unpromoted',
  Slave: 'unpromoted',
  Started: 'started',
  Stopped: 'stopped',
};

/** While an operation is under way, its name stands in place of the role: what the resource still is until it is over. */
const UNDER_WAY: Readonly<Record<string, MonRole>> = {
  Starting: 'stopped',
  Promoting: 'unpromoted',
  // From then on it is no primary that one should count on.
  Demoting: 'unpromoted',
  Stopping: 'unpromoted',
};

const INFINITY = 1_000_000;

/** Reads `crm_mon -1 --output-as=xml` of Pacemaker 2.0.3 to 3.0. Total: any text gives a report or a reason. */
export function parseCrmMon(
  xml: string,
): { readonly ok: true; readonly report: MonReport } | { readonly ok: false; readonly reason: string } {
  const parsed = parseXml(xml);
  if (!parsed.ok) return parsed;
  const { root } = parsed;
  if (root.tag !== 'pacemaker-result' && root.tag !== 'crm_mon') {
    return { ok: false, reason: `expected a <pacemaker-result>, found <${root.tag}>` };
  }
  const summary = childOf(root, 'summary');
  if (summary === undefined) return { ok: false, reason: errorsOf(root) };
  const currentDc = childOf(summary, 'current_dc');
  const dc = currentDc?.attributes.get('name');
  return {
    ok: true,
    report: {
      ...(dc === undefined ? {} : { dc }),
      withQuorum: isTrue(currentDc?.attributes.get('with_quorum')),
      nodes: childrenOf(childOf(root, 'nodes'), 'node').map(readNode),
      instances: descendantsOf(childOf(root, 'resources') ?? NOTHING, 'resource').map(readInstance),
      failures: childrenOf(childOf(root, 'failures'), 'failure').map(readFailure),
      failCounts: childrenOf(childOf(root, 'node_history'), 'node').flatMap(readFailCounts),
      bans: childrenOf(childOf(root, 'bans'), 'ban').map(readBan),
    },
  };
}

const NOTHING: XmlElement = { tag: '', attributes: new Map(), children: [] };

const text = (element: XmlElement, name: string): string => element.attributes.get(name) ?? '';

const flag = (element: XmlElement, name: string): boolean => isTrue(element.attributes.get(name));

function errorsOf(root: XmlElement): string {
  const status = childOf(root, 'status');
  return status === undefined
    ? 'crm_mon gave no summary'
    : `crm_mon: ${text(status, 'message') || `code ${text(status, 'code')}`}`;
}

const readNode = (node: XmlElement): MonNode => ({
  name: text(node, 'name'),
  online: flag(node, 'online'),
  standby: flag(node, 'standby') || flag(node, 'standby_onfail'),
  maintenance: flag(node, 'maintenance'),
  pending: flag(node, 'pending'),
  unclean: flag(node, 'unclean'),
});

function readInstance(resource: XmlElement): MonInstance {
  const role = text(resource, 'role');
  const pending = resource.attributes.get('pending') ?? (role in UNDER_WAY ? role : undefined);
  return {
    // A clone whose instances are told apart, or an old Pacemaker, writes `pgsql:0`.
    resource: text(resource, 'id').replace(/:\d+$/, ''),
    role: ROLES[role] ?? UNDER_WAY[role] ?? 'other',
    nodes: childrenOf(resource, 'node').map((node) => text(node, 'name')),
    managed: flag(resource, 'managed'),
    blocked: flag(resource, 'blocked'),
    failed: flag(resource, 'failed'),
    ...(pending === undefined ? {} : { pending }),
  };
}

function readFailure(failure: XmlElement): MonFailure {
  const key = text(failure, 'op_key') || text(failure, 'id');
  const parts = /^(.+)_(\w+?)_(\d+)$/.exec(key);
  // Pacemaker up to 2.1 escapes the reason before it writes the XML, which escapes it once more.
  const exitReason = unescapeXml(text(failure, 'exitreason'));
  return {
    resource: (parts?.[1] ?? key).replace(/:\d+$/, ''),
    node: text(failure, 'node'),
    task: text(failure, 'task') || (parts?.[2] ?? ''),
    exitCode: Number.parseInt(text(failure, 'exitcode'), 10) || 0,
    exitStatus: text(failure, 'exitstatus'),
    exitReason: exitReason === 'none' ? '' : exitReason,
    when: text(failure, 'last-rc-change'),
  };
}

const count = (value: string | undefined, fallback: number): number =>
  value === undefined
    ? fallback
    : value.toUpperCase() === 'INFINITY'
      ? INFINITY
      : Number.parseInt(value, 10) || fallback;

const readFailCounts = (node: XmlElement): readonly MonFailCount[] =>
  childrenOf(node, 'resource_history').map((history) => {
    const lastFailure = history.attributes.get('last-failure');
    return {
      resource: text(history, 'id').replace(/:\d+$/, ''),
      node: text(node, 'name'),
      failCount: count(history.attributes.get('fail-count'), 0),
      migrationThreshold: count(history.attributes.get('migration-threshold'), INFINITY),
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  });

const readBan = (ban: XmlElement): MonBan => ({
  id: text(ban, 'id'),
  resource: text(ban, 'resource'),
  node: text(ban, 'node'),
  promotedOnly: flag(ban, 'promoted-only') || flag(ban, 'master_only'),
});
