/** What scenarios do to nodes, and what they wait for. */
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  type CrmMon,
  dataDirectory,
  type FailedAction,
  type Lab,
  passfile,
  port,
  promotedNode,
  type SqlOptions,
  startedNode,
  unpromotedNodes,
  writeVip,
} from '../../lab/index.ts';
import { RECOVERY_MS } from './support.ts';

/** Who is what in a healthy cluster of three nodes in sync mode. */
export interface Cast {
  readonly primary: string;
  readonly sync: string;
  readonly other: string;
}

export const statusOf = (cluster: CrmMon, node: string): string | undefined =>
  cluster.attributes[node]?.['pgsql-status'];
export const dataStatusOf = (cluster: CrmMon, node: string): string | undefined =>
  cluster.attributes[node]?.['pgsql-data-status'];
export const scoreOf = (cluster: CrmMon, node: string): string | undefined =>
  cluster.attributes[node]?.['master-pgsql'];

/**
 * Waits until the standbys have said themselves what the primary has recorded of them, one more monitor of theirs, and
 * until Pacemaker has nothing left to do.
 */
export const castOf = async (lab: Lab): Promise<Cast> => {
  const cluster = await lab.waitForRest(
    'a primary, a synchronous standby and another',
    (now) =>
      statusOf(now, promotedNode(now) ?? '') === 'PRI' &&
      unpromotedNodes(now).filter((node) => statusOf(now, node) === 'HS:sync').length === 1 &&
      unpromotedNodes(now).filter((node) => statusOf(now, node) === 'HS:async').length === 1,
    RECOVERY_MS,
  );
  const find = (status: string): string =>
    unpromotedNodes(cluster).find((name) => statusOf(cluster, name) === status) ?? '';
  return { primary: promotedNode(cluster) ?? '', sync: find('HS:sync'), other: find('HS:async') };
};

/** The timeline that a primary writes on. */
export const timelineOf = async (lab: Lab, node: string): Promise<number> =>
  Number.parseInt(
    (await lab.sql(node, 'SELECT pg_walfile_name(pg_current_wal_insert_lsn())')).slice(0, 8),
    16,
  );

/** A value of pg_controldata, by its label. */
export const controlValue = async (lab: Lab, node: string, label: string): Promise<string> => {
  const { stdout } = await lab.exec(node, [join(lab.binDirectory, 'pg_controldata'), dataDirectory]);
  const line = stdout.split('\n').find((text) => text.startsWith(`${label}:`));
  if (line === undefined) throw new Error(`pg_controldata of ${node} has no "${label}"`);
  return line.slice(label.length + 1).trim();
};

export const killPostmaster = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['sh', '-c', `kill -9 "$(head -n 1 ${dataDirectory}/postmaster.pid)"`]);
};

/**
 * Cuts a primary's link, and has it write at once what no standby receives, and then die: before its cluster notices, which
 * would end it. The node itself sees the cut.
 */
export const writeWhenCut = async (lab: Lab, node: string, statements: string): Promise<void> => {
  const ready = '/tmp/ready-to-diverge';
  await lab.exec(node, ['rm', '-f', ready]);
  const script = `\\! touch ${ready}; until [ "$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.01; done
SET synchronous_commit = local;
${statements};
\\! kill -9 "$(head -n 1 ${dataDirectory}/postmaster.pid)"
`;
  const isReady = lab.waitUntil(
    `psql on ${node} to be ready`,
    async () => (await lab.exec(node, ['test', '-e', ready], { allowFailure: true })).exitCode === 0,
    RECOVERY_MS,
  );
  await Promise.all([
    lab.sql(node, script, { database: 'app', timeoutMs: RECOVERY_MS }),
    isReady.then(() => lab.cut(node)),
  ]);
};

/** A standby whose WAL receiver is stopped for a while is behind the others. @throws LabError when there is none */
export const receiverSignal = async (lab: Lab, node: string, signal: 'STOP' | 'CONT'): Promise<void> => {
  const pid = await lab.exec(node, ['pgrep', '-u', 'postgres', '-f', 'walreceiver']);
  await lab.exec(node, ['kill', `-${signal}`, pid.stdout]);
};

const RECEIVER_IS_HELD = '/tmp/receiver-is-held';

/**
 * A standby whose WAL receiver is stopped, so that it is behind the others, until its agent logs that it wants to be rid of it, or
 * promotes it all the same: PostgreSQL waits for the end of its receiver then.
 * @returns once the receiver is stopped
 */
export const holdReceiverUntilSealed = async (lab: Lab, node: string): Promise<void> => {
  const count = "grep -cE 'election.seal|promote.open-timeline' /var/log/pacemaker/pacemaker.log";
  const script = `rm -f ${RECEIVER_IS_HELD}; pid=$(pgrep -u postgres -f walreceiver); known=$(${count})
kill -STOP "$pid"; touch ${RECEIVER_IS_HELD}
while kill -0 "$pid" && [ "$(${count})" = "$known" ]; do sleep 0.02; done; kill -CONT "$pid"`;
  lab.exec(node, ['sh', '-c', script], { timeoutMs: RECOVERY_MS, allowFailure: true }).catch(() => undefined);
  await lab.waitUntil(
    `the WAL receiver of ${node} to be stopped`,
    async () =>
      (await lab.exec(node, ['test', '-e', RECEIVER_IS_HELD], { allowFailure: true })).exitCode === 0,
    RECOVERY_MS,
  );
};

/** Is any process of PostgreSQL left on the node? */
export const hasServer = async (lab: Lab, node: string): Promise<boolean> =>
  (
    await lab.exec(node, ['pgrep', '-u', 'postgres', '-f', join(lab.binDirectory, 'postgres')], {
      allowFailure: true,
    })
  ).exitCode === 0;

const WAITS_FOR_CUT = '/tmp/waits-for-cut';

/**
 * Cuts a node off, and has its PostgreSQL carry out a statement at once, before Pacemaker stops it for want of quorum: a
 * session is there already, and looks at the link.
 * @returns once the node is cut; `written` settles as the statement does
 */
export const cutAndWrite = async (
  lab: Lab,
  node: string,
  statement: string,
  options: SqlOptions = {},
): Promise<{ readonly written: Promise<string> }> => {
  const untilCut = `\\! touch ${WAITS_FOR_CUT}; until grep -q down /sys/class/net/eth0/operstate; do sleep 0.02; done`;
  await lab.exec(node, ['rm', '-f', WAITS_FOR_CUT]);
  const written = lab.sql(node, `SELECT;\n${untilCut}\n${statement}`, { timeoutMs: RECOVERY_MS, ...options });
  // Whoever waits for it hears of its failure, also of one before that.
  written.catch(() => undefined);
  await lab.waitUntil(
    `a session on ${node} to wait for the cut`,
    async () => (await lab.exec(node, ['test', '-e', WAITS_FOR_CUT])).exitCode === 0,
    RECOVERY_MS,
  );
  await lab.cut(node);
  return { written };
};

export const setMigrationThreshold = async (lab: Lab, node: string, threshold: number): Promise<void> => {
  const meta = ['--meta', '--set-parameter', 'migration-threshold', '--parameter-value', String(threshold)];
  await lab.exec(node, ['crm_resource', '--resource', 'pgsql', ...meta]);
};

/** At rest, as cls_cleanup does it: Pacemaker 2.1.5 loses a resource that it is starting. */
export const cleanUp = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['crm_resource', '--wait', '--timeout=20s'], { allowFailure: true });
  await lab.exec(node, ['crm_resource', '--cleanup', '--resource', 'pgsql', '--node', node]);
};

const isPrimary = (now: CrmMon, node: string): boolean =>
  promotedNode(now) === node && startedNode(now, 'vip-master') === node && statusOf(now, node) === 'PRI';

/** Waits until a node is primary and has the write VIP, in the eyes of the nodes that are connected. */
export const waitForPrimary = (lab: Lab, node: string): Promise<CrmMon> =>
  lab.waitFor(`${node} to be primary, with the write VIP`, (now) => isPrimary(now, node), RECOVERY_MS);

/**
 * Waits for who takes over from a primary that is lost while writes go on. The synchronous standby has all that was
 * acknowledged; the other one may have received a little more, and is promoted then, since it could not follow otherwise.
 * @returns the same nodes, with the new primary as `sync`
 */
export const waitForSuccessor = async (lab: Lab, { primary, sync, other }: Cast): Promise<Cast> => {
  const cluster = await lab.waitFor(
    `${sync} or ${other} to be primary, with the write VIP`,
    (now) => [sync, other].some((node) => isPrimary(now, node)),
    RECOVERY_MS,
  );
  return isPrimary(cluster, sync) ? { primary, sync, other } : { primary, sync: other, other: sync };
};

export const failedStart = (cluster: CrmMon, node: string): FailedAction | undefined =>
  cluster.failures.find((failure) => failure.node === node && failure.operation === 'pgsql_start_0');

export const REWIND_COMMAND = 'cls_repair_by_pg_rewind';
export const REBUILD_COMMAND = 'cls_rebuild_slave';

/** Pacemaker keeps as much of an exit reason. */
const EXIT_REASON_LENGTH = 128;

/** The command that the failed action of a node tells the operator to run. */
export const namedCommand = (failure: FailedAction | undefined): string | undefined =>
  [REWIND_COMMAND, REBUILD_COMMAND].find((command) =>
    failure?.exitReason.slice(0, EXIT_REASON_LENGTH).includes(command),
  );

/** What became of a node that was primary once: it streams again, or Pacemaker shows why not. */
export type Return =
  | { readonly kind: 'rejoined' }
  | { readonly kind: 'failed'; readonly failure: FailedAction };

/**
 * A node that is connected again brings the attributes along that it has by then: `PRI` until it has seen itself that its
 * database is gone.
 */
export const seesItselfStopped = (lab: Lab, node: string): Promise<void> =>
  lab.waitUntil(
    `${node} to have seen, alone, that its database is gone`,
    async () => (await lab.attributes(node))[node]?.['pgsql-status'] === 'STOP',
    RECOVERY_MS,
  );

/** Waits until an old primary has either come back by itself or been refused, and nothing is done with it any more. */
export const waitForReturn = async (lab: Lab, node: string): Promise<Return> => {
  const cluster = await lab.waitForRest(
    `${node} to stream again or to be refused`,
    (now) =>
      failedStart(now, node) !== undefined ||
      (unpromotedNodes(now).includes(node) && (dataStatusOf(now, node) ?? '').startsWith('STREAMING|')),
    RECOVERY_MS,
  );
  const failure = failedStart(cluster, node);
  return failure === undefined ? { kind: 'rejoined' } : { kind: 'failed', failure };
};

const asDatabaseOwner = async (lab: Lab, node: string, argv: readonly string[]): Promise<void> => {
  await lab.exec(node, argv, { user: 'postgres', env: { PGPASSFILE: passfile } });
};

/** What cls_repair_by_pg_rewind stands for: rewind to the primary's history, then let Pacemaker try again. */
export const rewind = async (lab: Lab, node: string): Promise<void> => {
  // Before 16 a primary's control file names its timeline only from its first checkpoint on, and pg_rewind goes by that.
  const primary = promotedNode(await lab.crmMon());
  if (primary !== undefined) await lab.sql(primary, 'CHECKPOINT');
  await asDatabaseOwner(lab, node, [
    join(lab.binDirectory, 'pg_rewind'),
    `--target-pgdata=${dataDirectory}`,
    `--source-server=host=${writeVip} port=${port} user=replication dbname=postgres`,
    '--no-sync',
  ]);
  await cleanUp(lab, node);
};

/** An old primary that has diverged says so, with the command, and is repaired with that here; every other one comes back by itself. */
export const bringBack = async (t: Test, lab: Lab, node: string): Promise<void> => {
  const outcome = await waitForReturn(lab, node);
  if (outcome.kind === 'rejoined') {
    t.comment(`${node} has rejoined by itself`);
    return;
  }
  t.comment(`${node}: ${outcome.failure.exitReason}`);
  t.equal(namedCommand(outcome.failure), REWIND_COMMAND, 'the failed action names the command');
  await lab.waitFor(
    `${node}, which has diverged, to be shown as stopped and not to be promoted`,
    (now) => statusOf(now, node) === 'STOP' && scoreOf(now, node) === '-INFINITY',
    RECOVERY_MS,
  );
  await rewind(lab, node);
};

/** What cls_rebuild_slave stands for: a new copy of the primary, then let Pacemaker try again. */
export const rebuild = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['find', dataDirectory, '-mindepth', '1', '-delete']);
  await asDatabaseOwner(lab, node, [
    join(lab.binDirectory, 'pg_basebackup'),
    ...['--host', writeVip, '--port', String(port), '--username', 'replication', '--pgdata', dataDirectory],
    ...['--checkpoint', 'fast', '--wal-method', 'stream', '--no-sync'],
  ]);
  await cleanUp(lab, node);
};
