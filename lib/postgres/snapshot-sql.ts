/**
 * The one statement of a monitor: everything about a server in one JSON value, on a primary and on a standby.
 *
 * Rows are taken whole (`to_jsonb(row)`), so that a column which a version lacks is a missing key and not an
 * error; the parser knows which may be missing. Functions that fail in recovery, or fail outside of it, stand
 * behind CASE. The set-returning functions are called directly, since the views on top of them join
 * pg_authid and pg_database and cost several times as much to plan. Roles without pg_monitor get nulls.
 *
 * The values are read in this order: where there is no receiver, what has been received is final.
 */

/** Settings that matter to the agent, with the file that they come from. */
export const WATCHED_SETTINGS = [
  'archive_cleanup_command',
  'cluster_name',
  'config_file',
  'data_directory',
  'fsync',
  'full_page_writes',
  'hot_standby',
  'listen_addresses',
  'max_replication_slots',
  'max_slot_wal_keep_size',
  'max_wal_senders',
  'port',
  'primary_conninfo',
  'primary_slot_name',
  'recovery_end_command',
  'recovery_min_apply_delay',
  'recovery_target_timeline',
  'restart_after_crash',
  'restore_command',
  'synchronous_commit',
  'synchronous_standby_names',
  'unix_socket_directories',
  'wal_level',
  'wal_log_hints',
  'wal_receiver_timeout',
  'wal_sender_timeout',
] as const;

export type WatchedSetting = (typeof WATCHED_SETTINGS)[number];

interface Names {
  readonly current: string;
  readonly insert: string;
  readonly flush: string;
  readonly receive: string;
  readonly replay: string;
  readonly paused: string;
  readonly fileName: string;
}

const XLOG: Names = {
  current: 'pg_current_xlog_location',
  insert: 'pg_current_xlog_insert_location',
  flush: 'pg_current_xlog_flush_location',
  receive: 'pg_last_xlog_receive_location',
  replay: 'pg_last_xlog_replay_location',
  paused: 'pg_is_xlog_replay_paused',
  fileName: 'pg_xlogfile_name',
};

const WAL: Names = {
  current: 'pg_current_wal_lsn',
  insert: 'pg_current_wal_insert_lsn',
  flush: 'pg_current_wal_flush_lsn',
  receive: 'pg_last_wal_receive_lsn',
  replay: 'pg_last_wal_replay_lsn',
  paused: 'pg_is_wal_replay_paused',
  fileName: 'pg_walfile_name',
};

/** backend_type came with 10; before, the activity of the walsenders is looked up one by one. */
const activityOf = (number: number): string =>
  number >= 100000
    ? `SELECT pid, application_name, client_addr, backend_start, backend_type, wait_event
         FROM pg_catalog.pg_stat_get_activity(NULL) WHERE backend_type IN ('walsender', 'checkpointer')`
    : `SELECT a.pid, a.application_name, a.client_addr, a.backend_start, NULL::text AS backend_type, NULL::text AS wait_event
         FROM pg_catalog.pg_stat_get_wal_senders() w, LATERAL pg_catalog.pg_stat_get_activity(w.pid) a`;

/** `number` is server_version_num, or that of any release of the same major version. */
export const snapshotSql = (number: number): string => {
  const names = number < 100000 ? XLOG : WAL;
  const settings = WATCHED_SETTINGS.map((name) => `'${name}'`).join(', ');
  return `
WITH now_in AS (SELECT pg_catalog.pg_is_in_recovery() AS recovery),
activity AS (${activityOf(number)})
SELECT pg_catalog.json_build_object(
  'inRecovery', recovery,
  'serverVersionNum', pg_catalog.current_setting('server_version_num'),
  'systemIdentifier', (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
  'checkpointTimeline', (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
  'minRecoveryTimeline', (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()),
  'walFileName', CASE WHEN NOT recovery THEN pg_catalog.${names.fileName}(pg_catalog.${names.current}()) END,
  'walInsert', CASE WHEN NOT recovery THEN pg_catalog.${names.insert}() END,
  'walFlush', CASE WHEN NOT recovery THEN pg_catalog.${names.flush}() END,
  'receiver', (SELECT pg_catalog.to_jsonb(r) - 'conninfo' FROM pg_catalog.pg_stat_get_wal_receiver() r WHERE r.pid IS NOT NULL),
  'receiveLsn', pg_catalog.${names.receive}(),
  'replayLsn', pg_catalog.${names.replay}(),
  'replayPaused', CASE WHEN recovery THEN pg_catalog.${names.paused}() END,
  'lastReplayAgeSeconds', CASE WHEN recovery THEN
    extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) END,
  'senders', (SELECT pg_catalog.json_agg(pg_catalog.to_jsonb(s) || pg_catalog.jsonb_build_object(
      'application_name', a.application_name,
      'client_addr', pg_catalog.host(a.client_addr),
      'backend_age_seconds', extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start)))
    FROM pg_catalog.pg_stat_get_wal_senders() s LEFT JOIN activity a ON a.pid = s.pid),
  'slots', (SELECT pg_catalog.json_agg(pg_catalog.to_jsonb(s)) FROM pg_catalog.pg_get_replication_slots() s),
  'checkpointerWaitEvent', (SELECT wait_event FROM activity WHERE backend_type = 'checkpointer'),
  'settings', (SELECT pg_catalog.json_object_agg(name, pg_catalog.json_build_array(setting, sourcefile, pending_restart))
    FROM pg_catalog.pg_show_all_settings() WHERE name IN (${settings}))
)::text AS snapshot FROM now_in`;
};
