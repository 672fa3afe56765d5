import { isOurs } from '../distlock/guard/renewal.ts';
import { rewriteTransient, writeConfiguration, writeTransient } from '../pacemaker/attributes.ts';
import { DONE, type Outcome } from '../pacemaker/outcome.ts';
import { writePrivate } from '../pacemaker/private-attributes.ts';
import { localQuorum } from '../pacemaker/query.ts';
import type { ClusterView } from '../pacemaker/view.ts';
import { hasHandledReloads } from '../postgres/checkpointer.ts';
import { query, type ServerAddress, withConnection } from '../postgres/client.ts';
import { promoteServer, reloadServer, startServer, stopServer } from '../postgres/control.ts';
import { refusalOf } from '../postgres/incomplete.ts';
import { findPostmaster } from '../postgres/process.ts';
import { reserveTimelines, withdrawReservations } from '../postgres/reserved-timelines.ts';
import {
  createSlotSql,
  dropSlotSql,
  IN_RECOVERY_SQL,
  promoteSql,
  resumeReplaySql,
  SYNC_NAMES_SQL,
} from '../postgres/statements.ts';
import { formatSyncNames, parseSyncNames } from '../postgres/sync-names.ts';
import { parsePgVersionFile, type ServerVersion } from '../postgres/version.ts';
import { readMark } from '../postgres/work-area.ts';
import { type Deadline, sleep, within } from '../system/clock.ts';
import { readTextIfExists } from '../system/files.ts';
import { signalProcess } from '../system/proc.ts';
import { configure } from './configure.ts';
import { confirmAlone, confirmRecord } from './confirm.ts';
import { observeDirectory, walPath } from './disk.ts';
import type { Installation } from './installation.ts';
import {
  confirmByLock,
  endAlone,
  giveBack,
  goAlone,
  inheritAlone,
  nameDatabase,
  orderGuard,
  takeLock,
} from './lock/execute-lock.ts';
import type { LockInstallation } from './lock/facts.ts';
import { renew, renewingWhile } from './lock/renew.ts';
import { localAddress } from './observe.ts';
import { needsQuorum, rankOf, recordedChange } from './record.ts';
import type { Snapshot } from './snapshot.ts';
import type { Step, StepArguments, StepKind } from './steps.ts';
import { endWatch, watch } from './watcher.ts';

export interface Tools {
  readonly installation: Installation;
  readonly snapshot: Snapshot;
  readonly deadline: Deadline;
  readonly note: (sentence: string) => void;
}

type Executor<K extends StepKind> = (args: StepArguments[K], tools: Tools) => Promise<Outcome>;

const failed = (reason: string): Outcome => ({ ok: false, reason });

const SQL_MS = 5_000;
/** Then the shutdown begins all the same, and the checkpoint that is under way is part of it. */
const CHECKPOINT_MS = 10_000;
/** Servers before PostgreSQL 10 never say so. */
const READY_MS = 1_000;
const LOOK_AT_LOCK_FILE_MS = 10;
/** Longer takes only a standby that has much to replay. */
const PROMOTED_MS = 1_000;
/** PostgreSQL says that recovery is over only to who asks. */
const LOOK_AT_RECOVERY_MS = 10;
/** A reload takes some milliseconds, and those of a busy checkpointer seconds: then the promotion goes on in another way. */
const NAMES_MS = 200;
/** So with the settings that its checkpointer has read. */
const LOOK_AT_NAMES_MS = 10;

const addressOf = (installation: Installation): ServerAddress => ({
  ...localAddress(installation, findPostmaster(installation.pgdata)?.socketDirectory),
  database: 'template1',
});

const runSql = async (tools: Tools, sql: readonly string[], limitMs = SQL_MS): Promise<Outcome> => {
  const result = await query(addressOf(tools.installation), sql, within(tools.deadline, limitMs));
  return result.ok ? DONE : failed(result.failure.message);
};

const withLock = (
  { installation }: Pick<Tools, 'installation'>,
  use: (lock: LockInstallation) => Promise<Outcome>,
): Promise<Outcome> =>
  installation.lock === undefined
    ? Promise.resolve(failed('there is no lock (enable_distlock)'))
    : use(installation.lock);

/** The lock is for two nodes: with more the arbiter cannot tell of all of them who may take over. */
const isMoreThanTwo = ({ nodes }: ClusterView): boolean =>
  [...nodes.values()].filter(({ remote }) => !remote).length > 2;

const versionOf = ({ pgdata, owner }: Installation): ServerVersion | undefined =>
  parsePgVersionFile(readTextIfExists(`${pgdata}/PG_VERSION`, owner) ?? '');

/** One executor for each kind of step; a new kind without one does not compile. */
const executors: { readonly [K in StepKind]: Executor<K> } = {
  publish: ({ changes }, { installation, deadline }) =>
    writeTransient(changes, within(deadline, installation.attributeTimeoutMs)),

  rewrite: (_args, { installation, deadline }) =>
    rewriteTransient(within(deadline, installation.attributeTimeoutMs)),

  announce: ({ note }, { snapshot, installation, deadline }) =>
    writePrivate(snapshot.names.election, note ?? '', within(deadline, installation.attributeTimeoutMs)),

  tellLag: ({ lag }, { snapshot, installation, deadline }) =>
    writePrivate(snapshot.names.lag, lag, within(deadline, installation.attributeTimeoutMs)),

  record: async (change, { snapshot, installation, deadline }) => {
    if (!snapshot.cluster.known) return failed(snapshot.cluster.reason);
    const view = snapshot.cluster.value;
    const limit = within(deadline, installation.attributeTimeoutMs);
    const rank = rankOf(change, view, snapshot.names);
    // With a lock, that decides: of two nodes one alone is no majority.
    if (needsQuorum(change, rank) && installation.lock === undefined) {
      const quorum = await localQuorum(limit);
      if (!quorum.known || !quorum.value)
        return failed(quorum.known ? 'this node has no quorum' : `quorum: ${quorum.reason}`);
    }
    return writeConfiguration(recordedChange(change, snapshot.names, rank), view, limit);
  },

  confirm: async (wanted, { snapshot, installation: { lock }, deadline, note }) => {
    const { self, cluster, names } = snapshot;
    if (!cluster.known) return failed(cluster.reason);
    if (lock !== undefined && !wanted.byNodes) {
      const answer = await confirmByLock(self, lock, deadline);
      if (answer.ok && (!answer.value.ok || !isMoreThanTwo(cluster.value))) return answer.value;
      if (answer.ok) return confirmRecord(self, cluster.value, names, wanted, deadline);
      note(`the lock confirms nothing, so the other node is asked: ${answer.failure.sentence}`);
    }
    const confirmed = await confirmRecord(self, cluster.value, names, wanted, deadline);
    return !confirmed.ok && wanted.alone ? confirmAlone(confirmed.reason, deadline) : confirmed;
  },

  configure: async ({ settings, standby }, { installation, note }) => {
    for (const sentence of configure(installation, settings, standby)) note(sentence);
    return DONE;
  },

  reload: async ({ pid }) => (reloadServer(pid) ? DONE : failed(`there is no process ${pid} any more`)),

  start: async ({ standby }, { installation, deadline, note }) => {
    // A repair may have begun after the snapshot was taken.
    const mark = readMark(installation.pgdata, installation.owner);
    if (mark !== undefined) return failed(refusalOf(mark));
    const version = versionOf(installation);
    if (version !== undefined) withdrawReservations(walPath(installation, version), installation.owner);
    const result = await startServer({
      pgctl: installation.pgctl,
      pgdata: installation.pgdata,
      user: installation.owner,
      config: installation.configFile,
      port: installation.port,
      socketDirectory: installation.socketDirectory,
      startOptions: installation.startOptions,
      ctlOptions: installation.ctlOptions,
      logfile: installation.logFile,
      pglibs: installation.libraries,
      deadline,
    });
    if (!result.ok) return failed(result.reason);
    const objection = objectionToServer(installation, standby);
    if (objection === undefined) return DONE;
    const { pgdata, owner: user } = installation;
    await stopServer({ pgdata, user, escalateAfterMs: 0, deadline, log: note });
    return failed(objection);
  },

  awaitReady: async (_args, { installation, deadline }) => {
    const limit = within(deadline, READY_MS);
    for (;;) {
      const postmaster = findPostmaster(installation.pgdata);
      if (postmaster?.status === 'ready') return DONE;
      if (postmaster === undefined || limit.expired())
        return failed('PostgreSQL does not accept connections yet');
      await sleep(LOOK_AT_LOCK_FILE_MS);
    }
  },

  awaitNames: async ({ names }, { installation, deadline }) => {
    const limit = within(deadline, NAMES_MS);
    const wanted = formatSyncNames(names);
    const asked = await withConnection(addressOf(installation), limit, async (connection) => {
      for (;;) {
        const [row] = await connection.query(SYNC_NAMES_SQL);
        const isSet = formatSyncNames(parseSyncNames(String(row?.names ?? ''))) === wanted;
        const event = row?.checkpointer === null ? undefined : String(row?.checkpointer);
        if (isSet && hasHandledReloads(event)) return undefined;
        if (limit.remainingMs() < LOOK_AT_NAMES_MS)
          return isSet
            ? `its checkpointer is busy (${event ?? 'no wait event'})`
            : 'it has not read its settings';
        await sleep(LOOK_AT_NAMES_MS);
      }
    });
    if (!asked.ok) return failed(asked.failure.message);
    return asked.value === undefined ? DONE : failed(asked.value);
  },

  checkpoint: async (_args, tools) => {
    const result = await runSql(tools, ['CHECKPOINT'], CHECKPOINT_MS);
    if (!result.ok) tools.note(`no checkpoint before the shutdown: ${result.reason}`);
    return DONE;
  },

  stop: async ({ first, escalateAfterMs }, { installation, deadline, note }) => {
    // Invariant: what the agent itself ends is not reported.
    endWatch(installation.watcherFile);
    const result = await stopServer({
      pgdata: installation.pgdata,
      user: installation.owner,
      escalateAfterMs: first === 'immediate' ? 0 : escalateAfterMs,
      deadline,
      log: note,
    });
    if (!result.stopped) return failed(`processes ${result.pids.join(', ')} do not end`);
    return DONE;
  },

  reserve: async ({ from, through }, tools) => {
    const version = versionOf(tools.installation);
    if (version === undefined) return failed('the version is not known');
    reserveTimelines(walPath(tools.installation, version), from, through, tools.installation.owner);
    return DONE;
  },

  promote: async ({ pid }, tools) => {
    const version = versionOf(tools.installation);
    const sql = version === undefined ? undefined : promoteSql(version);
    if (sql !== undefined) return runSql(tools, [sql]);
    return promoteServer(pid, tools.installation.pgdata, tools.installation.owner)
      ? DONE
      : failed(`there is no process ${pid} any more`);
  },

  // Over one connection, and not by a whole snapshot every time: clients wait.
  awaitPromoted: async (_args, { installation, deadline }) => {
    const asked = await withConnection(
      addressOf(installation),
      within(deadline, PROMOTED_MS),
      async (connection) => {
        while ((await connection.query(IN_RECOVERY_SQL))[0]?.in_recovery === true)
          await sleep(LOOK_AT_RECOVERY_MS);
      },
    );
    return asked.ok ? DONE : failed(asked.failure.message);
  },

  resumeReplay: (_args, tools) => {
    const version = versionOf(tools.installation);
    return version === undefined
      ? Promise.resolve(failed('the version is not known'))
      : runSql(tools, [resumeReplaySql(version)]);
  },

  takeLock: ({ ifRenewedAt }, tools) =>
    withLock(tools, (lock) => takeLock(tools.snapshot.self, lock, ifRenewedAt, tools.deadline)),
  goAlone: (_args, tools) => withLock(tools, (lock) => goAlone(tools.snapshot.self, lock, tools.deadline)),
  endAlone: (_args, tools) => withLock(tools, (lock) => endAlone(tools.snapshot.self, lock, tools.deadline)),
  inheritAlone: ({ from }, tools) =>
    withLock(tools, (lock) => inheritAlone(tools.snapshot.self, from, lock, tools.deadline)),
  nameDatabase: ({ systemIdentifier }, tools) =>
    withLock(tools, (lock) => nameDatabase(systemIdentifier, lock, tools.deadline)),
  renewLock: (_args, { snapshot: { self }, deadline, installation }) =>
    withLock({ installation }, async (lock) => {
      const answer = await renew(self, lock, deadline);
      if (!answer.ok) return failed(answer.failure.sentence);
      return isOurs(answer.value, self) ? DONE : failed(`${self} does not have the lock any more`);
    }),
  guard: (order, tools) =>
    withLock(tools, (lock) =>
      orderGuard(tools.snapshot.self, tools.installation.pgdata, lock, order, tools.note),
    ),
  giveBack: (_args, tools) =>
    withLock(tools, (lock) => giveBack(tools.snapshot.self, lock, tools.deadline, tools.note)),

  watch: async ({ pid }, { installation, snapshot }) => {
    const postmaster = findPostmaster(installation.pgdata);
    return postmaster?.pid === pid
      ? watch(installation.watcherFile, postmaster, snapshot)
      : failed(`there is no process ${pid} any more`);
  },
  endWatch: async (_args, { installation }) => {
    endWatch(installation.watcherFile);
    return DONE;
  },

  endReceiver: async ({ pid }) => {
    signalProcess(pid, 'SIGTERM');
    return DONE;
  },

  endConnections: async ({ pids }) => {
    for (const pid of pids) signalProcess(pid, 'SIGTERM');
    return DONE;
  },

  createSlots: ({ names }, tools) => runSql(tools, names.map(createSlotSql)),
  dropSlots: ({ names }, tools) => runSql(tools, names.map(dropSlotSql)),
};

/**
 * A repair looks for a server after it has changed what makes data unfit to be started, and a start looks for such changes
 * once its server is there: whichever comes second sees the other.
 */
const objectionToServer = (installation: Installation, standby: boolean): string | undefined => {
  const { incomplete, standbySignal } = observeDirectory(installation);
  if (incomplete !== undefined) return refusalOf(incomplete);
  return standby && !standbySignal
    ? 'the standby signal was removed while PostgreSQL started, so it was stopped again: is a repair under way here?'
    : undefined;
};

/** @throws nothing: whatever goes wrong is an outcome */
export const execute = async (step: Step, tools: Tools): Promise<Outcome> => {
  try {
    const work = executeTyped(step.kind, step, tools);
    return await renewingWhile(tools.snapshot.self, tools.installation.lock, work);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
};

const executeTyped = <K extends StepKind>(kind: K, args: StepArguments[K], tools: Tools): Promise<Outcome> =>
  executors[kind](args, tools);
