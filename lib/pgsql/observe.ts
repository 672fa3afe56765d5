import { resolve } from 'node:path';
import { queryMembers } from '../pacemaker/corosync-members.ts';
import type { NotifyContext, NotifyLists } from '../pacemaker/notify.ts';
import { queryPrivate } from '../pacemaker/private-attributes.ts';
import { queryCluster } from '../pacemaker/query.ts';
import { query, type ServerAddress } from '../postgres/client.ts';
import type { ControlData } from '../postgres/control-data.ts';
import { findPostmaster, leftoverBackends, type Postmaster } from '../postgres/process.ts';
import { takeSnapshot } from '../postgres/snapshot.ts';
import { type LogEnds, linesSince, startupFailureHint } from '../postgres/startup-log.ts';
import { checkWrites, type WriteCheck } from '../postgres/write-check.ts';
import { type Deadline, sinceBootMs, within } from '../system/clock.ts';
import { type Fact, unknown } from '../system/fact.ts';
import { checkPort } from '../system/tcp-check.ts';
import { clusterFacts } from './cluster-facts.ts';
import type { PgsqlConfig } from './config.ts';
import {
  askingOf,
  asksCluster,
  asksPrimary,
  type CallKind,
  depthOf,
  looksAtAddress,
  patienceWithPrimaryMs,
  timelineOf,
} from './depth.ts';
import {
  observeDirectory,
  readControl,
  readOwnHistory,
  readRecordAtFork,
  readSegments,
  readSpareSegment,
  readWalRoom,
} from './disk.ts';
import { type Installation, logPlaceOf } from './installation.ts';
import { answerBy } from './liveness.ts';
import { observeLock } from './lock/observe-lock.ts';
import { renewingWhile } from './lock/renew.ts';
import type { Memory } from './memory.ts';
import { stateNames } from './names.ts';
import { askPrimary } from './primary-history.ts';
import type { Disk, PrimaryHistory, Server, ServerAnswer, Snapshot, WatcherState } from './snapshot.ts';
import { watcherState } from './watcher.ts';

/** What stays the same over all looks of one operation. */
export interface Call {
  readonly kind: CallKind;
  readonly self: string;
  readonly resource: string;
  readonly isProbe: boolean;
  readonly notify: NotifyContext | undefined;
  readonly announced: NotifyLists;
  readonly deadline: Deadline;
  /** how far the server's log went before this operation */
  readonly logEnds: LogEnds;
  /** what an operation that is no monitor has found, and ended */
  readonly watcher?: WatcherState;
}

/** How long one look at the server may take: a server that says nothing for so long has failed. */
const ANSWER_MS = 10_000;
/** What is stopped anyway is asked what it is, but not waited for: the next primary waits for the stop. */
const ANSWER_BEFORE_STOP_MS = 2_000;
const CLUSTER_MS = 5_000;
const MEMBERS_MS = 2_000;
/**
 * A kernel accepts a connection within a millisecond, and the candidate waits for what this node holds. Who takes longer passes for gone,
 * so that a frozen primary of which that is not true may send this node what the next one lacks: then it is to be rewound.
 */
const ADDRESS_MS = 50;

const answerMs = ({ kind }: Call): number =>
  kind === 'stop' || kind === 'demote' ? ANSWER_BEFORE_STOP_MS : ANSWER_MS;

/** USER_HZ, in which /proc counts since boot; it is 100 on every Linux that runs Pacemaker. */
const MS_PER_TICK = 10;

const NOT_ASKED = unknown('not asked for');

/**
 * Gathers one snapshot. Reads only; what cannot be found out is unknown, with the reason.
 *
 * @param before the cluster is not asked again, but is as it was then
 */
export const observe = async (
  call: Call,
  installation: Installation,
  config: PgsqlConfig,
  memory: Memory,
  round: number,
  before?: Snapshot,
): Promise<Snapshot> => {
  const needsCluster = config.repMode === 'sync' || config.repMode === 'async';
  const directory = observeDirectory(installation);
  const postmaster = findPostmaster(installation.pgdata);
  // Side by side with the first questions where it is sure enough to be needed: writes may be waiting.
  const early =
    needsCluster && !call.isProbe && isLostStandby(call, memory, postmaster, directory)
      ? lookDeeper(call, installation, true, before)
      : undefined;
  const clusterLook =
    before?.cluster ??
    (needsCluster && asksCluster(call, postmaster !== undefined, directory)
      ? queryCluster(within(call.deadline, CLUSTER_MS))
      : NOT_ASKED);
  const address =
    needsCluster && postmaster !== undefined && looksAtAddress({ ...call, round }, directory)
      ? peekAtAddress(config, call.deadline)
      : {};
  const tryToWrite = async (socketDirectory: string | undefined): Promise<WriteCheck | undefined> => {
    const cluster = await clusterLook;
    // What a primary without quorum writes, the next one lacks, so that it would have to be repaired.
    if (needsCluster && !(cluster.known && cluster.value.haveQuorum)) return undefined;
    return checkWrites(localAddress(installation, socketDirectory), call.deadline);
  };
  const looks = Promise.all([
    clusterLook,
    observeServer(installation, postmaster, within(call.deadline, answerMs(call))),
    needsCluster && installation.lock !== undefined
      ? observeLock(
          call.self,
          installation.lock,
          askingOf(call, memory, postmaster !== undefined, directory),
          call.deadline,
          memory.listed,
        )
      : undefined,
    needsCluster && !call.isProbe && config.quorumDevice === true
      ? queryMembers(within(call.deadline, MEMBERS_MS))
      : undefined,
    config.writeCheck &&
    call.kind === 'monitor' &&
    !call.isProbe &&
    round === 0 &&
    !directory.standbySignal &&
    postmaster
      ? tryToWrite(postmaster.socketDirectory)
      : undefined,
  ]);
  const [cluster, server, lock, members, writes] = await renewingWhile(call.self, installation.lock, looks);
  const names = stateNames(call.resource);
  const lastWords =
    server.state === 'stopped' && memory.started === true
      ? startupFailureHint(linesSince(call.logEnds, logPlaceOf(installation)))
      : undefined;
  const base = {
    ...call,
    names,
    uptimeMs: sinceBootMs(),
    round,
    cluster,
    server,
    memory,
    notes: NOT_ASKED,
    ...(lastWords === undefined ? {} : { lastWords }),
    ...(lock === undefined ? {} : { lock }),
    ...(members === undefined ? {} : { members }),
    ...(writes === undefined ? {} : { writes }),
    ...(call.kind === 'monitor' && !call.isProbe
      ? { watcher: watcherState(installation.watcherFile, postmaster) }
      : {}),
  };
  const recorded = cluster.known ? clusterFacts(cluster.value, names) : undefined;
  const depth = depthOf(call, server, needsCluster);
  const isLookedInto = server.state === 'stopped' ? !call.isProbe : depth === 'deep';
  const walRoom = isLookedInto ? readWalRoom(installation, directory.version) : NOT_ASKED;
  if (depth === 'shallow')
    return { ...base, disk: { ...withoutDepth(directory), walRoom }, primaryHistory: NOT_ASKED };
  if (depth === 'control') {
    const control = await readControl(installation, call.deadline);
    return { ...base, disk: { ...withoutDepth(directory), control }, primaryHistory: NOT_ASKED };
  }
  if (depth === 'primary') {
    const timeline =
      server.state === 'running' && server.answer.ok ? server.answer.value.timeline : undefined;
    const ownHistory =
      timeline === undefined
        ? unknown('the timeline is not known')
        : readOwnHistory(installation, directory.version, timeline);
    return {
      ...base,
      disk: { ...withoutDepth(directory), ownHistory },
      primaryHistory: unknown('not asked for'),
    };
  }

  const [control, notes] = await (early ??
    lookDeeper(call, installation, server.state === 'running', before));
  const segments = readSegments(installation, directory.version);
  const spareSegment = readSpareSegment(installation, directory.version, segments, control);
  const partial: Disk = { ...withoutDepth(directory), walRoom, control, segments, spareSegment };
  const timeline = timelineOf(server, partial);
  const ownHistory =
    timeline === undefined
      ? unknown('the timeline is not known')
      : readOwnHistory(installation, directory.version, timeline);
  const replInfo = recorded?.replInfo;
  const elsewhere = replInfo !== undefined && replInfo.node !== call.self;
  const follows = recorded !== undefined && asksPrimary(call, memory, server, recorded);
  // After the server's own position: a primary that is asked before could seem to be behind it.
  const primaryHistory: Fact<PrimaryHistory> = follows
    ? await askPrimary(
        installation,
        config,
        within(call.deadline, patienceWithPrimaryMs(call, memory, server, config)),
      )
    : unknown('there is no other primary');
  const recordAtFork =
    server.state === 'stopped' && elsewhere && timeline !== undefined
      ? await readRecordAtFork(
          installation,
          directory.version,
          timeline,
          replInfo,
          primaryHistory,
          call.deadline,
        )
      : unknown('not asked for');
  return {
    ...base,
    disk: { ...partial, ownHistory, recordAtFork },
    primaryHistory,
    notes,
    ...(await address),
  };
};

/** What a candidate waits for: the notes of the others, while its own position may still change. The rest is as it was. */
export const observeElection = async (
  previous: Snapshot,
  call: Call,
  installation: Installation,
  memory: Memory,
  round: number,
): Promise<Snapshot> => {
  const postmaster = findPostmaster(installation.pgdata);
  const looks = Promise.all([
    observeServer(installation, postmaster, within(call.deadline, answerMs(call))),
    queryPrivate(previous.names.election, within(call.deadline, CLUSTER_MS)),
  ]);
  const [server, notes] = await renewingWhile(call.self, installation.lock, looks);
  const segments = readSegments(installation, previous.disk.version);
  const disk = { ...previous.disk, segments };
  return { ...previous, uptimeMs: sinceBootMs(), round, server, disk, notes, memory };
};

/** All else that is looked at takes as long, so that hardly anybody waits for an address that does not answer. */
const peekAtAddress = async (
  { primaryHost, port }: PgsqlConfig,
  deadline: Deadline,
): Promise<Pick<Snapshot, 'isAddressTaken'>> => {
  const { ok } = await checkPort(primaryHost, port, within(deadline, ADDRESS_MS));
  return { isAddressTaken: ok };
};

const lookDeeper = (
  { kind, resource, deadline }: Call,
  installation: Installation,
  isRunning: boolean,
  before: Snapshot | undefined,
): Promise<[Fact<ControlData>, Snapshot['notes']]> =>
  Promise.all([
    readControl(installation, deadline),
    before?.notes.known
      ? before.notes
      : isRunning || kind === 'start' || kind === 'demote'
        ? queryPrivate(stateNames(resource).election, within(deadline, CLUSTER_MS))
        : unknown('not asked for'),
  ]);

/** A server that is demoted and was stopped, or one that is about to be promoted, or to see another promoted. */
const isLostStandby = (
  { kind }: Call,
  memory: Memory,
  postmaster: Postmaster | undefined,
  { standbySignal }: Pick<Disk, 'standbySignal'>,
): boolean =>
  postmaster === undefined
    ? kind === 'demote'
    : standbySignal && (kind === 'notify' || (kind === 'promote' && memory.started === undefined));

const withoutDepth = (directory: ReturnType<typeof observeDirectory>): Disk => ({
  ...directory,
  control: unknown('not asked for'),
  ownHistory: unknown('not asked for'),
  segments: unknown('not asked for'),
  recordAtFork: unknown('not asked for'),
  walRoom: NOT_ASKED,
  spareSegment: NOT_ASKED,
});

const observeServer = async (
  installation: Installation,
  postmaster: Postmaster | undefined,
  deadline: Deadline,
): Promise<Server> => {
  if (postmaster === undefined)
    return { state: 'stopped', leftovers: leftoverBackends(installation.pgdata).map((p) => p.pid) };
  const address = localAddress(installation, postmaster.socketDirectory);
  return {
    state: 'running',
    pid: postmaster.pid,
    ageMs: sinceBootMs() - Number(postmaster.startTicks) * MS_PER_TICK,
    answer: await ask(installation, address, deadline),
  };
};

/** A Unix socket unless pghost is set: as the database's own user, so that peer authentication works. */
export const localAddress = (
  installation: Installation,
  socketDirectory: string | undefined,
): ServerAddress => {
  const directory = installation.socketDirectory || socketDirectory || '/var/run/postgresql';
  return {
    host: installation.host === '' ? resolve(installation.pgdata, directory) : installation.host,
    port: installation.port,
    database: installation.database,
    user: installation.owner.name,
    osUser: installation.owner,
    applicationName: 'pha',
  };
};

const ask = async (
  installation: Installation,
  address: ServerAddress,
  deadline: Deadline,
): Promise<ServerAnswer> => {
  const { monitorUser, monitorPassword, monitorSql } = installation;
  const answer = await takeSnapshot(address, deadline, monitorUser === '' ? monitorSql : undefined);
  if (!answer.ok) return answer;
  if (monitorUser !== '') {
    const password = monitorPassword === '' ? {} : { password: monitorPassword };
    const liveness = await query({ ...address, user: monitorUser, ...password }, monitorSql, deadline);
    return answerBy(liveness, answer.state);
  }
  return { ok: true, value: answer.state };
};
