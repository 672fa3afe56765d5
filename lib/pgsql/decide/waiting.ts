import { hasHandledReloads } from '../../postgres/checkpointer.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import { formatSyncNames, type SyncNames } from '../../postgres/sync-names.ts';
import type { ClusterFacts } from '../cluster-facts.ts';
import type { PgsqlConfig } from '../config.ts';
import { DataStatus } from '../names.ts';
import { replicationSettings } from '../replication.ts';
import type { Snapshot } from '../snapshot.ts';
import { isRowUnknown, marksProveNothing } from './alone.ts';
import { peersOf } from './context.ts';
import { type Reason, reason } from './decision.ts';
import { namedSuccessor } from './hand-over.ts';
import { isOneServer, namesakesOf, type Standby, sendersNamed } from './standby-view.ts';
import { planSync } from './sync.ts';
import { type SyncPlan, withoutProof } from './sync-plan.ts';

/** For whom commits wait, by rep_mode. */
export const planWaiting = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  state: PrimaryState,
  standbys: readonly Standby[],
): SyncPlan =>
  config.repMode === 'sync'
    ? syncPlan(snapshot, config, state, standbys)
    : asyncPlan(snapshot, config, state);

/** All standbys of this primary, in the order of node_list, those outside the cluster last. */
export const standbysOf = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  facts: ClusterFacts,
  state: PrimaryState,
  leaving: readonly string[],
): Standby[] => {
  const peers = peersOf(config, facts, snapshot.self);
  const successor = namedSuccessor(snapshot.self, snapshot.names.switchFrom, facts, peers);
  return [
    ...peers.map((name) => ({
      name,
      inCluster: true,
      online: facts.online(name),
      leaving: leaving.includes(name),
      departs: departs(facts, name),
      ...connectionsOf(state, name),
      refusesAgent: facts.refuses(name) !== undefined,
      isSuccessor: name === successor,
      dataStatus: facts.dataStatus(name),
    })),
    // A node that was taken out of node_list may take over no more; as long as it is marked it is still waited for.
    ...facts.markedSync
      .filter((name) => name !== snapshot.self && !config.nodeList.includes(name))
      .map((name) => ({
        name,
        inCluster: true,
        online: facts.online(name),
        leaving: true,
        departs: true,
        ...connectionsOf(state, name),
        refusesAgent: false,
        isSuccessor: false,
        dataStatus: facts.dataStatus(name),
      })),
    ...config.externalStandbys.map((name) => ({
      name,
      inCluster: false,
      online: true,
      leaving: false,
      departs: false,
      ...connectionsOf(state, name),
      refusesAgent: false,
      isSuccessor: false,
      dataStatus: undefined,
    })),
  ];
};

/** Pacemaker notes in `shutdown` since when a node is to be shut down; 0 is never. */
export const departs = (facts: ClusterFacts, node: string): boolean =>
  facts.view.nodes.get(node)?.standby === true || Number(facts.transient(node, 'shutdown') ?? 0) > 0;

/** A standby that reconnected may still have its old connection in the list. */
const connectionsOf = (state: PrimaryState, name: string): Pick<Standby, 'sender' | 'namesakes'> => {
  const own = sendersNamed(state.senders, name);
  return { sender: own.find((s) => s.state === 'streaming') ?? own[0], namesakes: namesakesOf(own) };
};

/** Two servers under one name: neither is counted on, and the operator has to tell them apart. */
export const namesTwice = (standbys: readonly Standby[]): Reason[] =>
  standbys
    .filter((standby) => !isOneServer(standby))
    .map(({ name, namesakes }) =>
      reason(
        'primary.name-twice',
        `${namesakes.join(' and ')} both stream as ${name}: give one of them another application_name in primary_conninfo; until then no commit waits for ${name}`,
        'warn',
      ),
    );

const syncPlan = (
  snapshot: Snapshot,
  config: PgsqlConfig,
  state: PrimaryState,
  standbys: readonly Standby[],
): SyncPlan => {
  const waiting: SyncNames = state.settings.synchronousStandbyNames ?? { kind: 'none' };
  const inFile = snapshot.disk.syncNames;
  const pid = pidOf(snapshot);
  const waited = namesIn(waiting);
  const marked = standbys.filter((s) => s.dataStatus === DataStatus.sync).map((s) => s.name);
  // What PostgreSQL does and what it would do after its next reload must agree before anything is concluded from either,
  // but for one thing: a mark without waiting goes at once, whatever the reason.
  const agree = !inFile.known || formatSyncNames(inFile.value) === formatSyncNames(waiting);
  if (inFile.known && !agree && marked.every((name) => waited.includes(name))) {
    const under = { marked, waitedFor: waited, memory: withoutProof(snapshot.memory) };
    const dropped = marked.filter((name) => !namesIn(inFile.value).includes(name));
    if (dropped.length > 0)
      return {
        ...under,
        reasons: [
          reason(
            'sync.restore-names',
            `the settings file does not name ${dropped.join(', ')}, which may take over: it is written anew, since commits must wait for it`,
            'warn',
          ),
        ],
        steps: [
          {
            kind: 'configure',
            settings: replicationSettings(config, snapshot.self, waiting),
            standby: false,
          },
        ],
        again: 'the settings file',
      };
    return {
      ...under,
      reasons: [
        reason(
          'sync.reload',
          `PostgreSQL has not read its settings yet, or another file overrides ${describeSource(state)}`,
        ),
      ],
      steps: [{ kind: 'reload', pid }],
      again: 'PostgreSQL to read its settings',
    };
  }
  return planSync({
    degrade: config.syncDegrade,
    standbys,
    waiting,
    walInsert: state.walInsert,
    walFlush: state.walFlush,
    checkpointerSettled: isSettled(state),
    settings: (names: SyncNames) => replicationSettings(config, snapshot.self, names),
    pid,
    serverAgeMs: snapshot.server.state === 'running' ? snapshot.server.ageMs : 0,
    uptimeMs: snapshot.uptimeMs,
    memory: snapshot.memory,
    marksProveNothing: marksProveNothing(snapshot, config),
    isRowUnknown: isRowUnknown(snapshot, config),
  });
};

const namesIn = (names: SyncNames): readonly string[] => (names.kind === 'all' ? names.nodes : []);

/** Before PostgreSQL 10 nothing tells. */
const isSettled = ({ version, checkpointerWaitEvent: event }: PrimaryState): boolean =>
  version.major < 10 || hasHandledReloads(event);

const describeSource = (state: PrimaryState): string =>
  `synchronous_standby_names (it is set in ${state.settings.all.get('synchronous_standby_names')?.sourceFile ?? 'no file'})`;

const asyncPlan = (snapshot: Snapshot, config: PgsqlConfig, state: PrimaryState): SyncPlan => {
  const waits = (state.settings.synchronousStandbyNames ?? { kind: 'none' }).kind !== 'none';
  return {
    reasons: waits
      ? [reason('async.wait-for-none', 'rep_mode=async: commits wait for no standby')]
      : [reason('async.steady', 'primary, rep_mode=async', 'debug')],
    steps: waits
      ? [
          {
            kind: 'configure',
            settings: replicationSettings(config, snapshot.self, { kind: 'none' }),
            standby: false,
          },
          { kind: 'reload', pid: pidOf(snapshot) },
        ]
      : [],
    marked: [],
    waitedFor: [],
    again: undefined,
    memory: snapshot.memory,
  };
};

const pidOf = (snapshot: Snapshot): number => (snapshot.server.state === 'running' ? snapshot.server.pid : 0);
