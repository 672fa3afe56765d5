import { hasPgPromote, type ServerVersion, walNames } from './version.ts';

/** A string literal of SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Asks a standby to become primary and does not wait; undefined before 12, where only a file and a signal do it. */
export const promoteSql = (version: ServerVersion): string | undefined =>
  hasPgPromote(version) ? 'SELECT pg_catalog.pg_promote(wait => false)' : undefined;

export const IN_RECOVERY_SQL = 'SELECT pg_catalog.pg_is_in_recovery() AS in_recovery';

/** For whom commits wait by the settings, and what the checkpointer, which takes them over, is at (10 and later). */
export const SYNC_NAMES_SQL = `SELECT pg_catalog.current_setting('synchronous_standby_names') AS names,
    (SELECT wait_event FROM pg_catalog.pg_stat_get_activity(NULL) WHERE backend_type = 'checkpointer') AS checkpointer`;

export const resumeReplaySql = (version: ServerVersion): string =>
  `SELECT pg_catalog.pg_${walNames(version)}_replay_resume()`;

/** A slot that holds WAL from now on, also before its standby has connected for the first time. */
export const createSlotSql = (name: string): string =>
  `SELECT pg_catalog.pg_create_physical_replication_slot(${literal(name)}, true)
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = ${literal(name)})`;

/** Only if nobody uses it. */
export const dropSlotSql = (name: string): string =>
  `SELECT pg_catalog.pg_drop_replication_slot(slot_name)
     FROM pg_catalog.pg_replication_slots WHERE slot_name = ${literal(name)} AND NOT active`;
