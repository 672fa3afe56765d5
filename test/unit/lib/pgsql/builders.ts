import type { NotifyContext, NotifyLists } from '../../../../lib/pacemaker/notify.ts';
import type { ClusterNode, ClusterView } from '../../../../lib/pacemaker/view.ts';
import type { PgsqlConfig } from '../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../lib/pgsql/decide/decision.ts';
import type { LockConfig, LockFacts } from '../../../../lib/pgsql/lock/facts.ts';
import { EMPTY_MEMORY } from '../../../../lib/pgsql/memory.ts';
import { stateNames } from '../../../../lib/pgsql/names.ts';
import type { Disk, PrimaryHistory, Server, Snapshot } from '../../../../lib/pgsql/snapshot.ts';
import type { Step, StepKind, StepOf } from '../../../../lib/pgsql/steps.ts';
import type { QueryFailure } from '../../../../lib/postgres/client.ts';
import type { ControlData } from '../../../../lib/postgres/control-data.ts';
import { type Lsn, parseLsn } from '../../../../lib/postgres/lsn.ts';
import type {
  PrimaryState,
  Receiver,
  Sender,
  Settings,
  Slot,
  StandbyState,
} from '../../../../lib/postgres/server-state.ts';
import { known, unknown } from '../../../../lib/system/fact.ts';

/** Everything that is built here is frozen to its leaves, so that a decision that writes to its input fails. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  if (value instanceof Map) for (const inner of value.values()) deepFreeze(inner);
  return value;
};

export const NAMES = stateNames('pgsql');
export const SYSTEM = '7200000000000000001';

/** `0/5000000` */
export const lsn = (text: string): Lsn => {
  const parsed = parseLsn(text);
  if (parsed === undefined) throw new RangeError(`not a position: ${text}`);
  return parsed;
};

export const SMALL_SEGMENTS = 16 * 1024 * 1024;

/** The name of the segment file that holds a position. */
export const segmentOf = (timeline: number, position: Lsn): string => {
  const hex = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');
  return `${hex(BigInt(timeline))}${hex(position >> 32n)}${hex((position & 0xffffffffn) / BigInt(SMALL_SEGMENTS))}`;
};

export const aConfig = (parts: Partial<PgsqlConfig> = {}): PgsqlConfig =>
  deepFreeze({
    repMode: 'sync',
    syncDegrade: 'allow',
    nodeList: ['node1', 'node2', 'node3'],
    externalStandbys: [],
    primaryHost: '192.0.2.10',
    port: 5432,
    replicationUser: 'repl',
    primaryConninfoOptions: '',
    slotPrefix: '',
    restoreCommand: '',
    archiveCleanupCommand: '',
    recoveryEndCommand: '',
    maxLagOnFailover: 0n,
    checkCount: 3,
    checkWalReceiver: false,
    publishLag: false,
    fastDetection: false,
    onFail: 'restart',
    writeCheck: false,
    stopEscalateMs: 60_000,
    stopEscalateStandbyMs: 60_000,
    ...parts,
  } satisfies PgsqlConfig);

/** A node as a test wants it: the attributes by their short names. */
export interface NodeParts {
  readonly online?: boolean;
  readonly status?: string;
  readonly score?: string;
  readonly xlogLoc?: string;
  readonly baseline?: string;
  readonly receiverStatus?: string;
  readonly failedPromotions?: string;
  readonly switchFrom?: string;
  readonly dataStatus?: string;
  readonly arbiter?: string;
  readonly refuses?: string;
  readonly standby?: boolean;
  readonly shutdown?: string;
}

const aNode = (name: string, id: string, parts: NodeParts): ClusterNode => {
  const online = parts.online ?? true;
  const attributes = (pairs: readonly (readonly [string, string | undefined])[]): Map<string, string> =>
    new Map(pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
  return {
    name,
    id,
    remote: false,
    member: online,
    online,
    standby: parts.standby ?? false,
    maintenance: false,
    transient: attributes([
      [NAMES.status, parts.status],
      [NAMES.score, parts.score],
      [NAMES.xlogLoc, parts.xlogLoc],
      [NAMES.baseline, parts.baseline],
      [NAMES.receiverStatus, parts.receiverStatus],
      [NAMES.switchFrom, parts.switchFrom],
      [NAMES.arbiter, parts.arbiter],
      [NAMES.refuses, parts.refuses],
      [NAMES.failedPromotions[0], parts.failedPromotions],
      [NAMES.failedPromotions[1], parts.failedPromotions],
      ['shutdown', parts.shutdown],
    ]),
    permanent: attributes([[NAMES.dataStatus, parts.dataStatus]]),
    permanentPlaces: new Map(),
  };
};

export interface ClusterParts {
  readonly nodes?: Readonly<Record<string, NodeParts>>;
  /** the text of REPL_INFO; null: there is none */
  readonly replInfo?: string | null;
  readonly usedTimeline?: number | string;
  readonly haveQuorum?: boolean;
  readonly adminEpoch?: number;
}

/** Three nodes, node1 the recorded primary on timeline 2, node2 marked, node3 asynchronous, all of them up. */
export const HEALTHY: Readonly<Record<string, NodeParts>> = {
  node1: { status: 'PRI', score: '1000', dataStatus: 'LATEST', baseline: '0000000004000000' },
  node2: { status: 'HS:sync', score: '100', dataStatus: 'STREAMING|SYNC' },
  node3: { status: 'HS:async', score: '-INFINITY', dataStatus: 'STREAMING|ASYNC' },
};

export const RECORDED = 'node1|1|0000000004000000';

/** @param parts what differs from the healthy cluster, by node */
export const aClusterView = ({
  nodes = {},
  replInfo = RECORDED,
  usedTimeline = 0,
  haveQuorum = true,
  adminEpoch = 0,
}: ClusterParts = {}): ClusterView => {
  const all = { ...HEALTHY, ...nodes };
  return deepFreeze({
    dc: 'node1',
    haveQuorum,
    adminEpoch,
    stonithEnabled: false,
    noQuorumPolicy: 'stop',
    maintenanceMode: false,
    nodes: new Map(
      Object.entries(all).map(([name, parts], index) => [name, aNode(name, `${index + 1}`, parts)]),
    ),
    properties: new Map([
      ...(replInfo === null ? [] : [[NAMES.replInfo, replInfo] as const]),
      ...(usedTimeline === 0 ? [] : [[NAMES.usedTimeline, String(usedTimeline)] as const]),
    ]),
    propertyPlaces: new Map(),
  } satisfies ClusterView);
};

/** The healthy cluster without its third node, and with the arbiter's lock. */
export const aLockView = (parts: ClusterParts = {}): ClusterView => {
  const nodes = Object.fromEntries(
    ['node1', 'node2'].map((name) => [name, { ...HEALTHY[name], ...parts.nodes?.[name] }]),
  );
  const view = aClusterView({ ...parts, nodes });
  return deepFreeze({ ...view, nodes: new Map([...view.nodes].filter(([name]) => name !== 'node3')) });
};

export const LOCK: LockConfig = { leaseMs: 9000, timeoutMs: 12_000 };
export const SILENT = { ok: false, failure: { kind: 'silent', sentence: 'no answer' } } as const;
export const HELD = {
  taken: true,
  renewedAt: 'B',
  before: { owner: 'node1', renewedAt: 'A', ageMs: 3000, leaseMs: 9000 },
} as const;

/** The arbiter answers within 20 ms, and nothing is guarded. */
export const lockFacts = (parts: Partial<LockFacts>): LockFacts => ({
  question: { kind: 'not-asked' },
  sentAtMs: 1_000_000,
  answeredAtMs: 1_000_020,
  wallMs: Date.UTC(2026, 10, 22, 1, 10),
  guard: { quitAtMs: undefined, objection: undefined },
  ...parts,
});

/** A cluster in which nobody is primary: what was published by the lost one went with it. */
export const withoutPrimary = (parts: ClusterParts = {}): ClusterView =>
  aClusterView({
    ...parts,
    nodes: {
      node1: { online: false, dataStatus: 'LATEST' },
      node2: { status: 'HS:alone', score: '100', dataStatus: 'STREAMING|SYNC' },
      node3: { status: 'HS:alone', score: '-INFINITY', dataStatus: 'STREAMING|ASYNC' },
      ...parts.nodes,
    },
  });

const SETTINGS: Settings = {
  synchronousStandbyNames: { kind: 'all', nodes: ['node2'] },
  maxSlotWalKeepSizeMb: 1024,
  unixSocketDirectories: ['/var/run/postgresql'],
  all: new Map(),
};

const COMMON = {
  version: { number: 150000, major: 15, minor: 0 } as PrimaryState['version'],
  systemIdentifier: SYSTEM,
  slots: [],
};

export const aSender = (name: string, parts: Partial<Sender> = {}): Sender => ({
  pid: 700,
  applicationName: name,
  state: 'streaming',
  syncState: 'async',
  sentLsn: lsn('0/5000000'),
  writeLsn: lsn('0/5000000'),
  flushLsn: lsn('0/5000000'),
  replayLsn: lsn('0/5000000'),
  backendAgeSeconds: 3600,
  ...parts,
});

/** node2 is synchronous and node3 asynchronous; the log ends at 0/5000000 on timeline 2. */
export const aPrimary = (
  parts: Partial<PrimaryState> & { readonly names?: Settings['synchronousStandbyNames'] } = {},
): PrimaryState => {
  const { names, ...state } = parts;
  return deepFreeze({
    ...COMMON,
    inRecovery: false,
    timeline: 2,
    checkpointTimeline: 2,
    walInsert: lsn('0/5000000'),
    walFlush: lsn('0/5000000'),
    senders: [aSender('node2', { syncState: 'sync' }), aSender('node3')],
    checkpointerWaitEvent: 'CheckpointerMain',
    settings: names === undefined ? SETTINGS : { ...SETTINGS, synchronousStandbyNames: names },
    ...state,
  });
};

export const aReceiver = (parts: Partial<Receiver> = {}): Receiver => ({
  pid: 800,
  status: 'streaming',
  receivedTimeline: 2,
  receivedLsn: lsn('0/5000000'),
  latestEndLsn: lsn('0/5000000'),
  ...parts,
});

/** Has received and replayed up to 0/5000000 on timeline 2, and receives no more; see `receiving`. */
export const aStandby = (parts: Partial<StandbyState> = {}): StandbyState =>
  deepFreeze({
    ...COMMON,
    inRecovery: true,
    timeline: 2,
    checkpointTimeline: 2,
    receiveLsn: lsn('0/5000000'),
    replayLsn: lsn('0/5000000'),
    replayPaused: false,
    senders: [],
    settings: { ...SETTINGS, synchronousStandbyNames: { kind: 'none' } },
    ...parts,
  });

export const aSlot = (name: string, parts: Partial<Slot> = {}): Slot => ({
  name,
  type: 'physical',
  temporary: false,
  active: false,
  ...parts,
});

export const aControlFile = (parts: Partial<ControlData> = {}): ControlData => ({
  controlVersion: 1300,
  catalogVersion: 202209061,
  systemIdentifier: SYSTEM,
  state: 'shut down in recovery',
  checkpointLsn: lsn('0/4800000'),
  checkpointTimeline: 2,
  checkpointRedoLsn: lsn('0/4800000'),
  minRecoveryEnd: undefined,
  minRecoveryTimeline: undefined,
  backupStart: undefined,
  backupEnd: undefined,
  endOfBackupRequired: false,
  walSegmentBytes: SMALL_SEGMENTS,
  dataChecksums: true,
  walLogHints: true,
  ...parts,
});

export const aDisk = (parts: Partial<Disk> = {}): Disk =>
  deepFreeze({
    directory: 'present',
    version: known(COMMON.version),
    control: known(aControlFile()),
    standbySignal: false,
    incomplete: undefined,
    ownHistory: known([{ timeline: 1, end: lsn('0/4000000') }]),
    segments: known([segmentOf(2, lsn('0/5000000'))]),
    syncNames: unknown('there is no settings file yet'),
    isSealed: false,
    recordAtFork: unknown('not asked for'),
    walRoom: unknown('not asked for'),
    spareSegment: unknown('not asked for'),
    ...parts,
  });

export const aPrimaryHistory = (parts: Partial<PrimaryHistory> = {}): PrimaryHistory => ({
  systemIdentifier: SYSTEM,
  timeline: 2,
  history: [{ timeline: 1, end: lsn('0/4000000') }],
  flushed: lsn('0/5000000'),
  ...parts,
});

export const NOTHING_ANNOUNCED: NotifyLists = {
  active: [],
  promoted: [],
  unpromoted: [],
  start: [],
  stop: [],
  promote: [],
  demote: [],
};

export const aNotification = (
  type: NotifyContext['type'],
  operation: NotifyContext['operation'],
  lists: Partial<NotifyLists> = {},
): NotifyContext => ({ type, operation, ...NOTHING_ANNOUNCED, ...lists });

export const running = (
  value: PrimaryState | StandbyState,
  parts: { readonly ageMs?: number } = {},
): Server => ({
  state: 'running',
  pid: 4711,
  ageMs: parts.ageMs ?? 3_600_000,
  answer: { ok: true, value },
});

export const silent = (kind: QueryFailure['kind'], message = 'no answer'): Server => ({
  state: 'running',
  pid: 4711,
  ageMs: 3_600_000,
  answer: { ok: false, failure: { kind, message } },
});

/** It runs, and does not let the agent in. */
export const refusing = (failure: Partial<QueryFailure> = {}): Server => ({
  state: 'running',
  pid: 4711,
  ageMs: 3_600_000,
  answer: { ok: false, failure: { kind: 'auth', message: REFUSAL, sqlState: '28000', ...failure } },
});

export const REFUSAL =
  'pg_hba.conf rejects connection for host "[local]", user "postgres", database "postgres", no encryption';

export const stopped = (...leftovers: number[]): Server => ({ state: 'stopped', leftovers });

export const aSnapshot = (parts: Partial<Snapshot> = {}): Snapshot =>
  deepFreeze({
    self: 'node1',
    resource: 'pgsql',
    names: NAMES,
    uptimeMs: 1_000_000,
    isProbe: false,
    round: 0,
    cluster: known(aClusterView()),
    notify: undefined,
    announced: NOTHING_ANNOUNCED,
    server: running(aPrimary()),
    disk: aDisk(),
    primaryHistory: unknown('not asked for'),
    notes: known(new Map()),
    memory: EMPTY_MEMORY,
    ...parts,
  });

/** A snapshot of node2, a standby whose primary is lost. */
export const aLostStandby = (parts: Partial<Snapshot> = {}): Snapshot =>
  aSnapshot({
    self: 'node2',
    cluster: known(withoutPrimary()),
    server: running(aStandby()),
    disk: aDisk({ standbySignal: true }),
    ...parts,
  });

/** The rule that decided, and those of what else was seen. */
export const rulesOf = (decision: { readonly reasons: readonly { readonly rule: string }[] }): string[] =>
  decision.reasons.map(({ rule }) => rule);

export const kindsOf = (decision: { readonly steps: readonly Step[] }): StepKind[] =>
  decision.steps.map(({ kind }) => kind);

export const stepsOf = <K extends StepKind>(
  decision: { readonly steps: readonly Step[] },
  kind: K,
): readonly StepOf<K>[] =>
  decision.steps.filter((step): step is Extract<Step, StepOf<K>> => step.kind === kind);

/** The one step of this kind. */
export const stepOf = <K extends StepKind>(
  decision: { readonly steps: readonly Step[] },
  kind: K,
): StepOf<K> => {
  const found = stepsOf(decision, kind);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} steps of kind ${kind}`);
  return only;
};

/** All that is published, as `node attribute` → value. */
export const published = (decision: {
  readonly steps: readonly Step[];
}): Record<string, string | undefined> =>
  Object.fromEntries(
    decision.steps.flatMap((step) =>
      step.kind === 'publish'
        ? step.changes.map(({ node, name, value }) => [`${node} ${name}`, value] as const)
        : [],
    ),
  );

export const codeOf = (decision: Decision): number | 'again' =>
  decision.outcome.kind === 'done' ? decision.outcome.code : 'again';
