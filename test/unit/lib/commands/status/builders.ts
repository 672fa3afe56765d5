import type { ArbiterSnapshot } from '../../../../../lib/commands/arbiter/observe-arbiter.ts';
import {
  choosePgsqlResource,
  type PgsqlResource,
} from '../../../../../lib/commands/cluster/pgsql-resource.ts';
import type { Activity } from '../../../../../lib/commands/database/activity.ts';
import type { PrimaryReport } from '../../../../../lib/commands/database/observe-databases.ts';
import type { DeviceSnapshot } from '../../../../../lib/commands/status/observe-device.ts';
import type { StatusSnapshot } from '../../../../../lib/commands/status/situation.ts';
import type { MonInstance, MonReport, MonRole } from '../../../../../lib/pacemaker/crm-mon.ts';
import type { Operation } from '../../../../../lib/pacemaker/definition.ts';
import { type ClusterView, parseCib } from '../../../../../lib/pacemaker/view.ts';
import { type Lsn, parseLsn } from '../../../../../lib/postgres/lsn.ts';
import type { PrimaryState, Sender, Slot, StandbyState } from '../../../../../lib/postgres/server-state.ts';
import { type Fact, known, unknown } from '../../../../../lib/system/fact.ts';
import { cib, instanceSet, nodeState, propertySet } from '../../pacemaker/cib-builder.ts';

/** One node of a cluster, as a test describes it. */
export interface NodeParts {
  readonly role?: MonRole;
  readonly online?: boolean;
  readonly status?: string;
  readonly dataStatus?: string;
  readonly score?: string;
  readonly baseline?: string;
  /** Further permanent attributes, such as `standby`. */
  readonly permanent?: Readonly<Record<string, string>>;
  readonly transient?: Readonly<Record<string, string>>;
}

/** An instance of pgsql that runs as a standby, and is being promoted. */
export const promoting = (node: string): MonInstance => ({
  resource: 'pgsql',
  role: 'unpromoted',
  pending: 'Promoting',
  nodes: [node],
  managed: true,
  blocked: false,
  failed: false,
});

export interface SnapshotParts {
  readonly nodes?: Readonly<Record<string, NodeParts>>;
  readonly quorum?: boolean;
  readonly dc?: boolean;
  readonly replInfo?: string | undefined;
  readonly options?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly meta?: Readonly<Record<string, string>>;
  readonly operations?: readonly Operation[];
  readonly promotable?: boolean;
  readonly mon?: Partial<MonReport>;
  readonly self?: string;
  readonly databases?: StatusSnapshot['databases'];
  readonly balancers?: StatusSnapshot['balancers'];
  readonly arbiter?: ArbiterSnapshot;
  readonly device?: DeviceSnapshot;
  readonly walRoom?: number;
}

export const PRIMARY: NodeParts = {
  role: 'promoted',
  status: 'PRI',
  dataStatus: 'LATEST',
  score: '1000',
  baseline: '00000000050001B0',
};
export const SYNC: NodeParts = { status: 'HS:sync', dataStatus: 'STREAMING|SYNC', score: '100' };
export const ASYNC: NodeParts = { status: 'HS:async', dataStatus: 'STREAMING|ASYNC', score: '-INFINITY' };
export const STOPPED: NodeParts = {
  role: 'stopped',
  status: 'STOP',
  dataStatus: 'DISCONNECT',
  score: '-INFINITY',
};
export const OFFLINE: NodeParts = { role: 'stopped', online: false, dataStatus: 'DISCONNECT' };

/** The healthy cluster of the seed. */
export const HEALTHY = { node1: PRIMARY, node2: SYNC, node3: ASYNC } as const;

/** A snapshot in which nothing is wrong but what the test says. Frozen, so that an accidental write fails. */
export function snapshot(parts: SnapshotParts = {}): StatusSnapshot {
  const nodes: Readonly<Record<string, NodeParts>> = parts.nodes ?? HEALTHY;
  const resource = pgsqlResource(parts);
  const nobody = unknown('not asked for');
  const made: StatusSnapshot = {
    self: parts.self ?? Object.keys(nodes)[0] ?? '',
    resource,
    view: view(parts, nodes),
    mon: {
      dc: 'node1',
      withQuorum: parts.quorum ?? true,
      nodes: [],
      instances: Object.entries(nodes).map(([name, { role = 'unpromoted' }]) => ({
        resource: resource.id,
        role,
        nodes: role === 'stopped' ? [] : [name],
        managed: true,
        blocked: false,
        failed: false,
      })),
      failures: [],
      failCounts: [],
      bans: [],
      ...parts.mon,
    },
    databases: parts.databases ?? { local: nobody, primary: nobody },
    balancers: parts.balancers ?? [],
    ...(parts.arbiter === undefined ? {} : { arbiter: parts.arbiter }),
    ...(parts.device === undefined ? {} : { device: parts.device }),
    ...(parts.walRoom === undefined ? {} : { walRoom: parts.walRoom }),
  };
  return Object.freeze(made);
}

function view(parts: SnapshotParts, nodes: Readonly<Record<string, NodeParts>>): ClusterView {
  const entries = Object.entries(nodes).map(([name, node], i) => ({ name, id: String(i + 1), ...node }));
  const replInfo = 'replInfo' in parts ? parts.replInfo : 'node1|1|00000000050001B0';
  const parsed = parseCib(
    cib({
      root: `have-quorum="${parts.quorum === false ? 0 : 1}"${parts.dc === false ? '' : ' dc-uuid="1"'}`,
      crmConfig:
        propertySet('cib-bootstrap-options', {
          'stonith-enabled': 'true',
          'cluster-name': 'lab',
          ...parts.options,
        }) + (replInfo === undefined ? '' : propertySet('pgsql_replication', { pgsql_REPL_INFO: replInfo })),
      nodes: entries
        .map(({ name, id, dataStatus, permanent }) => {
          const attributes = {
            ...(dataStatus === undefined ? {} : { 'pgsql-data-status': dataStatus }),
            ...permanent,
          };
          return `<node id="${id}" uname="${name}">${instanceSet(`nodes-${id}`, attributes)}</node>`;
        })
        .join(''),
      status: entries
        .map(({ name, id, online = true, status, score, baseline, transient }) =>
          nodeState(id, name, online ? 'in_ccm="true" crmd="online"' : 'in_ccm="false" crmd="offline"', {
            ...(status === undefined ? {} : { 'pgsql-status': status }),
            ...(score === undefined ? {} : { 'master-pgsql': score }),
            ...(baseline === undefined ? {} : { 'pgsql-master-baseline': baseline }),
            ...transient,
          }),
        )
        .join(''),
    }),
  );
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.view;
}

export function pgsqlResource({
  parameters,
  meta,
  operations = [],
  promotable = true,
}: SnapshotParts = {}): PgsqlResource {
  const choice = choosePgsqlResource([
    {
      id: 'pgsql',
      standard: 'ocf',
      provider: 'pha',
      type: 'pgsql',
      parameters: new Map(Object.entries({ rep_mode: 'sync', master_ip: '10.0.0.100', ...parameters })),
      meta: new Map(Object.entries(meta ?? {})),
      operations,
      ...(promotable ? { clone: { id: 'msPostgresql', promotable: true } } : {}),
    },
  ]);
  if (!choice.ok) throw new Error(choice.sentence);
  return choice.resource;
}

export function lsn(text: string): Lsn {
  const parsed = parseLsn(text);
  if (parsed === undefined) throw new Error(`not a position: ${text}`);
  return parsed;
}

const common = {
  version: { major: 15, number: 150014 },
  systemIdentifier: '7',
  checkpointTimeline: 2,
  slots: [],
  senders: [],
  settings: { unixSocketDirectories: [], all: new Map() },
};

export interface PrimaryParts {
  readonly timeline?: number;
  readonly flushed?: string;
  readonly senders?: readonly Sender[];
  readonly slots?: readonly Slot[];
  readonly activity?: Partial<Activity>;
}

export function primaryState(parts: PrimaryParts = {}): PrimaryState {
  const flushed = lsn(parts.flushed ?? '0/5001000');
  return {
    ...common,
    inRecovery: false,
    timeline: parts.timeline ?? 2,
    walInsert: flushed,
    walFlush: flushed,
    senders: parts.senders ?? [],
    slots: parts.slots ?? [],
  };
}

/** What a primary says of itself and its standbys. */
export function primaryReport(parts: PrimaryParts = {}): Fact<PrimaryReport> {
  const state = primaryState(parts);
  const activity = {
    replayLagSeconds: new Map(),
    waitingCommits: 0,
    longestWaitSeconds: 0,
    ...parts.activity,
  };
  return known({ timeline: state.timeline, flushed: state.walFlush, details: { state, activity } });
}

export const standbyState = (parts: Partial<StandbyState> = {}): StandbyState => ({
  ...common,
  inRecovery: true,
  timeline: 2,
  replayPaused: false,
  ...parts,
});
