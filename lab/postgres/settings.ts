/** The files that configure the lab's databases (pure text). */
import { basename, dirname } from 'node:path';
import type { LabOptions } from '../options.ts';
import { subnet, writeVip } from '../topology.ts';
import { passfile, port, serverLog } from './installation.ts';

/** Outside the data directory, so that a base backup does not carry it from node to node. */
export const nodeSettingsPath = '/etc/pha-lab/postgresql.conf';

export interface Passwords {
  readonly replication: string;
  readonly app: string;
  /** of the arbiter */
  readonly distlock: string;
}

type Settings = Readonly<Record<string, string | number>>;

const render = (settings: Settings): string =>
  Object.entries(settings)
    .map(
      ([name, value]) =>
        `${name} = ${typeof value === 'number' ? value : `'${value.replaceAll("'", "''")}'`}\n`,
    )
    .join('');

const shared: Settings = {
  listen_addresses: '*',
  // Before PostgreSQL 14 the default was md5, which pg_hba.conf here does not take.
  password_encryption: 'scram-sha-256',
  port,
  wal_level: 'replica',
  wal_log_hints: 'on',
  max_wal_senders: 10,
  max_replication_slots: 10,
  wal_keep_size: '256MB',
  hot_standby: 'on',
  hot_standby_feedback: 'on',
  wal_sender_timeout: '5s',
  wal_receiver_timeout: '5s',
  wal_receiver_status_interval: '1s',
  wal_retrieve_retry_interval: '500ms',
  restart_after_crash: 'off',
  // Small, as several clusters share one machine.
  shared_buffers: '16MB',
  max_connections: 100,
  log_line_prefix: '%m [%p] %q%a ',
  log_connections: 'off',
  log_replication_commands: 'on',
};

/** Appended to the postgresql.conf of every node alike. */
export const renderSharedSettings = (): string =>
  `\n# The lab's.\n${render(shared)}include_if_exists = '${nodeSettingsPath}'\n`;

/** How a standby finds its primary, where that is left to the administrator. */
const standbySettings = (nodeName: string): Settings => ({
  primary_conninfo: `host=${writeVip} port=${port} user=replication application_name=${nodeName} passfile=${passfile}`,
  recovery_target_timeline: 'latest',
});

/** What PAF leaves to the administrator, also: who is synchronous. */
const pafSettings = (options: LabOptions, nodeName: string): Settings => ({
  ...standbySettings(nodeName),
  // It has no parameter for the server's log.
  logging_collector: 'on',
  log_directory: dirname(serverLog),
  log_filename: basename(serverLog),
  ...(options.repMode === 'sync' && options.nodeNames.length > 1
    ? { synchronous_standby_names: `ANY 1 (${options.nodeNames.map((name) => `"${name}"`).join(', ')})` }
    : {}),
});

const agentSettings = (options: LabOptions, nodeName: string): Settings => {
  if (options.agent === 'paf') return pafSettings(options, nodeName);
  return options.agent === 'floor' ? standbySettings(nodeName) : {};
};

/** The settings of one node. */
export const renderNodeSettings = (options: LabOptions, nodeName: string): string =>
  render({ cluster_name: nodeName, ...agentSettings(options, nodeName) });

export const renderHba = (): string =>
  [
    'local all postgres peer',
    'local replication postgres peer',
    `host all all ${subnet} scram-sha-256`,
    `host replication replication ${subnet} scram-sha-256`,
    '',
  ].join('\n');

export const renderPassfile = (passwords: Passwords): string =>
  `*:*:*:replication:${passwords.replication}\n*:*:*:distlock:${passwords.distlock}\n`;

/** Roles and the client's database. One statement per line: that is how a single-user server reads. */
export const renderRoles = (passwords: Passwords): string =>
  [
    `CREATE ROLE replication SUPERUSER REPLICATION LOGIN PASSWORD '${passwords.replication}'`,
    `CREATE ROLE app LOGIN PASSWORD '${passwords.app}'`,
    'CREATE DATABASE app OWNER app',
    '',
  ].join('\n');

/** Each attempt of each client has a row of its own, so that an acknowledged one that is gone is missed. */
export const renderTables = (): string =>
  [
    'CREATE TABLE writes (client uuid, attempt bigint, at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (client, attempt))',
    'ALTER TABLE writes OWNER TO app',
    '',
  ].join('\n');
