/** What Pacemaker's executor would give an agent for one monitor, from the cluster's own configuration (pure). */
import { LabError } from '../lab/index.ts';
import { childOf, childrenOf, descendantsOf, parseXml, type XmlElement } from '../lib/pacemaker/xml.ts';

export type Role = 'primary' | 'standby';

/** The resource as the CIB has it. */
export interface Resource {
  readonly id: string;
  readonly provider: string;
  readonly params: Readonly<Record<string, string>>;
  /** of the clone and of the resource itself, named as an agent sees them: `clone_max` */
  readonly meta: Readonly<Record<string, string>>;
  readonly monitors: Readonly<Record<Role, { readonly intervalMs: number; readonly timeoutMs: number }>>;
  /** ids of the nodes, by name */
  readonly nodeIds: Readonly<Record<string, string>>;
  readonly featureSet: string;
}

const nvpairs = (element: XmlElement | undefined, set: string): Record<string, string> =>
  Object.fromEntries(
    childrenOf(element, set)
      .flatMap((nvset) => childrenOf(nvset, 'nvpair'))
      .map(({ attributes }) => [attributes.get('name') ?? '', attributes.get('value') ?? '']),
  );

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  sec: 1000,
  min: 60_000,
  m: 60_000,
};

/** @returns undefined for what is no duration of Pacemaker's */
export const parseDurationMs = (text: string): number | undefined => {
  const [, number, unit = ''] = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const unitMs = UNIT_MS[unit.toLowerCase()];
  return number === undefined || unitMs === undefined ? undefined : Number(number) * unitMs;
};

const isPromoted = (operation: XmlElement): boolean =>
  ['Promoted', 'Master'].includes(operation.attributes.get('role') ?? '');

const monitorOf = (
  primitive: XmlElement,
  role: Role,
): { intervalMs: number; timeoutMs: number } | undefined => {
  const monitor = childrenOf(childOf(primitive, 'operations'), 'op').find(
    (operation) =>
      operation.attributes.get('name') === 'monitor' && isPromoted(operation) === (role === 'primary'),
  );
  const intervalMs = parseDurationMs(monitor?.attributes.get('interval') ?? '');
  const timeoutMs = parseDurationMs(monitor?.attributes.get('timeout') ?? '20s');
  return intervalMs === undefined || timeoutMs === undefined ? undefined : { intervalMs, timeoutMs };
};

/** @throws LabError with one sentence if the cluster has no such promotable resource */
export const readResource = (cib: string, id: string): Resource => {
  const parsed = parseXml(cib);
  if (!parsed.ok) throw new LabError(`The cluster's configuration cannot be read: ${parsed.reason}.`);
  const clone = descendantsOf(parsed.root, 'clone', 'master').find((element) =>
    childrenOf(element, 'primitive').some(({ attributes }) => attributes.get('id') === id),
  );
  const primitive = childOf(clone, 'primitive');
  if (primitive === undefined) throw new LabError(`The cluster has no promotable resource ${id}.`);
  const primary = monitorOf(primitive, 'primary');
  const standby = monitorOf(primitive, 'standby');
  if (primary === undefined || standby === undefined)
    throw new LabError(`The resource ${id} has no recurring monitor for each of its roles.`);
  const meta = { ...nvpairs(clone, 'meta_attributes'), ...nvpairs(primitive, 'meta_attributes') };
  return {
    id,
    provider: primitive.attributes.get('provider') ?? '',
    params: nvpairs(primitive, 'instance_attributes'),
    meta: Object.fromEntries(Object.entries(meta).map(([name, value]) => [name.replaceAll('-', '_'), value])),
    monitors: { primary, standby },
    nodeIds: Object.fromEntries(
      descendantsOf(parsed.root, 'node')
        .filter(({ attributes }) => attributes.has('uname'))
        .map(({ attributes }) => [attributes.get('uname') ?? '', attributes.get('id') ?? '']),
    ),
    featureSet: parsed.root.attributes.get('crm_feature_set') ?? '',
  };
};

/** What Pacemaker 2.1.5's executor has in its own environment in a lab's node. */
export const EXECUTOR: Readonly<Record<string, string>> = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  LC_ALL: 'C',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  PWD: '/var/lib/pacemaker/cores',
  OCF_EXIT_REASON_PREFIX: 'ocf-exit-reason:',
  OCF_OUTPUT_FORMAT: 'text',
  OCF_RA_VERSION_MAJOR: '1',
  OCF_RA_VERSION_MINOR: '1',
  OCF_ROOT: '/usr/lib/ocf',
  HA_LOGFACILITY: 'daemon',
  HA_LOGFILE: '/var/log/pacemaker/pacemaker.log',
  HA_cluster_type: 'corosync',
  HA_debug: '0',
  HA_logfacility: 'daemon',
  HA_logfile: '/var/log/pacemaker/pacemaker.log',
  HA_mcp: 'true',
  HA_quorum_type: 'corosync',
  PCMK_cluster_type: 'corosync',
  PCMK_debug: '0',
  PCMK_logfacility: 'daemon',
  PCMK_logfile: '/var/log/pacemaker/pacemaker.log',
  PCMK_mcp: 'true',
  PCMK_quorum_type: 'corosync',
  PCMK_service: 'pacemaker-execd',
  PCMK_watchdog: 'false',
};

/** The meta attributes of a clone that every agent is told of, with Pacemaker's defaults. */
const CLONE_DEFAULTS = {
  clone_max: '1',
  clone_node_max: '1',
  globally_unique: 'false',
  notify: 'false',
  promoted_max: '1',
  promoted_node_max: '1',
} as const;

const cloneMeta = (meta: Readonly<Record<string, string>>): Record<string, string> => {
  const told = Object.fromEntries(
    Object.entries(CLONE_DEFAULTS).map(([name, otherwise]) => [name, meta[name] ?? otherwise]),
  );
  // Agents older than the new words look for the old ones.
  return {
    ...told,
    master_max: told.promoted_max ?? '',
    master_node_max: told.promoted_node_max ?? '',
    clone: '0',
  };
};

const prefixed = (prefix: string, values: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);

/** The environment of a recurring monitor; `params` replace those of the resource. */
export const monitorEnvironment = (
  resource: Resource,
  call: {
    readonly provider: string;
    readonly node: string;
    readonly role: Role;
    readonly params: Readonly<Record<string, string>>;
  },
): Record<string, string> => {
  const { intervalMs, timeoutMs } = resource.monitors[call.role];
  const meta = {
    ...cloneMeta(resource.meta),
    name: 'monitor',
    interval: String(intervalMs),
    timeout: String(timeoutMs),
    on_node: call.node,
    on_node_uuid: resource.nodeIds[call.node] ?? '',
    ...(call.role === 'primary' ? { role: 'Promoted' } : {}),
  };
  return {
    ...EXECUTOR,
    OCF_RESOURCE_INSTANCE: resource.id,
    OCF_RESOURCE_PROVIDER: call.provider,
    OCF_RESOURCE_TYPE: 'pgsql',
    ...Object.fromEntries([
      ...prefixed('OCF_RESKEY_', {
        ...resource.params,
        ...call.params,
        crm_feature_set: resource.featureSet,
      }),
      ...prefixed('OCF_RESKEY_CRM_meta_', meta),
    ]),
  };
};

/** The cluster's nodes, and names that no node has, until there are `length`. */
export const nodeListOf = (nodes: readonly string[], length: number): string[] => {
  const absent = Array.from({ length: length + nodes.length }, (_, index) => `absent${index + 1}`).filter(
    (name) => !nodes.some((node) => node.toLowerCase() === name),
  );
  return [...nodes, ...absent].slice(0, length);
};
