import { type QueryResult, type ServerAddress, withConnection } from '../../../postgres/client.ts';
import type { Deadline } from '../../../system/clock.ts';
import type { Override, ServerFacts, ServerSetting, SlotFacts } from './facts.ts';

/** What the rules ask for; a version that lacks one leaves it out. */
export const ASKED_SETTINGS = [
  'archive_mode',
  'fsync',
  'full_page_writes',
  'hot_standby',
  'hot_standby_feedback',
  'listen_addresses',
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_replication_slots',
  'max_slot_wal_keep_size',
  'max_wal_senders',
  'max_wal_size',
  'max_worker_processes',
  'port',
  'restart_after_crash',
  'synchronous_commit',
  'synchronous_standby_names',
  'wal_keep_segments',
  'wal_keep_size',
  'wal_level',
  'wal_log_hints',
  'wal_receiver_timeout',
  'wal_retrieve_retry_interval',
  'wal_segment_size',
  'wal_sender_timeout',
] as const;

const sqlFor = (version: number): string => {
  const names = ASKED_SETTINGS.map((name) => `'${name}'`).join(', ');
  const [difference, current, received] =
    version < 100000
      ? ['pg_xlog_location_diff', 'pg_current_xlog_location', 'pg_last_xlog_replay_location']
      : ['pg_wal_lsn_diff', 'pg_current_wal_lsn', 'pg_last_wal_replay_lsn'];
  const hbaErrors =
    version < 100000
      ? 'NULL'
      : `(SELECT pg_catalog.json_agg('line ' || line_number || ': ' || error)
          FROM pg_catalog.pg_hba_file_rules WHERE error IS NOT NULL)`;
  return `SELECT pg_catalog.json_build_object(
  'versionNumber', pg_catalog.current_setting('server_version_num')::int,
  'inRecovery', pg_catalog.pg_is_in_recovery(),
  'settings', (SELECT pg_catalog.json_object_agg(name, pg_catalog.json_build_object(
      'value', setting || coalesce(unit, ''), 'file', sourcefile, 'line', sourceline, 'pendingRestart', pending_restart))
    FROM pg_catalog.pg_settings WHERE name IN (${names})),
  'slots', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', slot_name, 'active', active, 'retainedBytes',
      pg_catalog.${difference}(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.${received}()
        ELSE pg_catalog.${current}() END, restart_lsn)::bigint))
    FROM pg_catalog.pg_replication_slots),
  'overrides', (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('role', coalesce(r.rolname, ''),
      'database', coalesce(d.datname, ''), 'setting', pg_catalog.split_part(c, '=', 1),
      'value', pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)))
    FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
    LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) c
    WHERE c ~ '^(synchronous_commit)='),
  'hbaErrors', ${hbaErrors})::text AS facts`;
};

/** Before 9.5 the statement fails, and says so. */
export function askServer(address: ServerAddress, deadline: Deadline): Promise<QueryResult<ServerFacts>> {
  return withConnection(address, deadline, async ({ query, serverVersion }) => {
    const [row] = await query(sqlFor(serverVersion?.number ?? 100000));
    return parseServerFacts(String(row?.facts));
  });
}

/** Of our own statement's answer: an empty set of rows comes as null. */
export function parseServerFacts(json: string): ServerFacts {
  const facts = JSON.parse(json) as {
    readonly versionNumber: number;
    readonly inRecovery: boolean;
    readonly settings: Readonly<Record<string, ServerSetting>> | null;
    readonly slots: readonly SlotFacts[] | null;
    readonly overrides: readonly Override[] | null;
    readonly hbaErrors: readonly string[] | null;
  };
  return {
    ...facts,
    settings: facts.settings ?? {},
    slots: facts.slots ?? [],
    overrides: facts.overrides ?? [],
    hbaErrors: facts.hbaErrors ?? [],
  };
}
