import { dirname } from 'node:path';
import { GUARD, type GuardPlace } from '../distlock/guard/guard.ts';
import { findUser } from '../system/os-user.ts';
import type { PgsqlConfig } from './config.ts';
import type { Installation } from './installation.ts';
import { listedNodesOf } from './lock/ask-listed.ts';
import { arbiterOf, namedLock } from './lock/parameters.ts';
import type { PgsqlParameters } from './params.ts';

/**
 * @param operationMs time for one operation; a shutdown takes at most its share of it
 * @param onFail of the operation; undefined where nothing is configured, which is `restart`
 */
export const configOf = (p: PgsqlParameters, operationMs: number, onFail = 'restart'): PgsqlConfig => ({
  repMode: p.rep_mode,
  syncDegrade: p.sync_degrade,
  nodeList: p.node_list,
  externalStandbys: p.external_standby_node_list,
  primaryHost: p.master_ip,
  port: p.pgport,
  replicationUser: p.repuser,
  primaryConninfoOptions: p.primary_conninfo_opt,
  slotPrefix: p.replication_slot_name,
  restoreCommand: p.restore_command,
  archiveCleanupCommand: p.archive_cleanup_command,
  recoveryEndCommand: p.recovery_end_command,
  maxLagOnFailover: BigInt(p.max_lag_on_failover),
  checkCount: p.xlog_check_count,
  checkWalReceiver: p.check_wal_receiver,
  publishLag: p.publish_lag,
  fastDetection: p.fast_detection,
  onFail,
  writeCheck: p.write_check === 'on',
  stopEscalateMs: escalation(p.stop_escalate, operationMs),
  stopEscalateStandbyMs: escalation(p.stop_escalate_in_slave, operationMs),
  ...lockConfigOf(p),
  quorumDevice: p.quorum_device,
});

/** What is wrong with the parameters was said by checkParameters(); a stop goes on without them. */
const lockConfigOf = (p: PgsqlParameters): Pick<PgsqlConfig, 'lock'> => {
  const named = namedLock(p);
  if (!named.ok || named.value === undefined) return {};
  const { leaseMs, timeoutMs } = named.value;
  return { lock: { leaseMs, timeoutMs } };
};

const lockInstallationOf = (p: PgsqlParameters, resource: string): Pick<Installation, 'lock'> => {
  const named = namedLock(p);
  const arbiter = named.ok && named.value !== undefined ? arbiterOf(named.value) : undefined;
  if (!named.ok || named.value === undefined || !arbiter?.ok) return {};
  const { leaseMs, timeoutMs } = named.value;
  const guard = guardPlaceOf(resource);
  // This very executable, under another word.
  const guardCommand = [process.execPath, process.argv[1] ?? '', GUARD, watcherFileOf(resource)];
  const listed = listedNodesOf(named.value, p.distlock_lockservice_deadcheck_nodelist);
  const lock = { arbiter: arbiter.value, leaseMs, timeoutMs, guard, guardCommand };
  return { lock: listed === undefined ? lock : { ...lock, listed } };
};

/** The share of the operation's time that a fast shutdown may take; the rest is for an immediate one and the kill. */
const FAST_SHARE = 0.7;

const escalation = (seconds: number, operationMs: number): number =>
  Math.min(seconds * 1000, operationMs * FAST_SHARE);

/** For root alone, on a tmpfs. */
export const guardPlaceOf = (resource: string): GuardPlace => ({ directory: '/run/pha', resource });

/** In a directory for root alone, on a tmpfs. */
export const watcherFileOf = (resource: string): string => `/run/pha/${resource}.watcher`;

/** Held by a promotion that goes on after Pacemaker has its result. */
export const promotionFileOf = (resource: string): string => `/run/pha/${resource}.promotion`;

export const memoryFileOf = (resource: string): string => `/run/resource-agents/pha-${resource}.json`;

/** Undefined where there is no such user. */
export const installationOf = (p: PgsqlParameters, resource: string): Installation | undefined => {
  const owner = findUser(p.pgdba);
  return owner === undefined
    ? undefined
    : {
        pgctl: p.pgctl,
        binDirectory: dirname(p.pgctl),
        pgdata: p.pgdata,
        owner,
        configFile: p.config,
        startOptions: p.start_opt,
        ctlOptions: p.ctl_opt,
        logFile: p.logfile,
        libraries: p.pglibs,
        tmpdir: p.tmpdir,
        host: p.pghost,
        port: p.pgport,
        socketDirectory: p.socketdir,
        database: p.pgdb,
        monitorUser: p.monitor_user,
        monitorPassword: p.monitor_password,
        monitorSql: p.monitor_sql,
        memoryFile: memoryFileOf(resource),
        watcherFile: watcherFileOf(resource),
        attributeTimeoutMs: p.crm_attr_timeout * 1000,
        ...lockInstallationOf(p, resource),
      };
};
