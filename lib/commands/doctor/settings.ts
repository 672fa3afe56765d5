import { onOrOff } from '../../postgres/units.ts';
import type { DatabaseFacts, NodeFacts } from './facts/facts.ts';

/** What holds where nothing is written, PostgreSQL 10 and later. */
const DEFAULTS: Readonly<Record<string, string>> = {
  fsync: 'on',
  full_page_writes: 'on',
  hot_standby: 'on',
  hot_standby_feedback: 'off',
  listen_addresses: 'localhost',
  max_connections: '100',
  max_locks_per_transaction: '64',
  max_prepared_transactions: '0',
  max_replication_slots: '10',
  max_slot_wal_keep_size: '-1',
  max_wal_senders: '10',
  max_wal_size: '1GB',
  max_worker_processes: '8',
  port: '5432',
  restart_after_crash: 'on',
  synchronous_commit: 'on',
  synchronous_standby_names: '',
  wal_keep_segments: '0',
  wal_keep_size: '0',
  wal_level: 'replica',
  wal_log_hints: 'off',
  wal_receiver_timeout: '60s',
  wal_retrieve_retry_interval: '5s',
  wal_sender_timeout: '60s',
};

/** Of 9.6 and older, where they differ. */
const OLD_DEFAULTS: Readonly<Record<string, string>> = {
  hot_standby: 'off',
  max_replication_slots: '0',
  max_wal_senders: '0',
  wal_level: 'minimal',
};

const BOOLEANS: readonly string[] = [
  'fsync',
  'full_page_writes',
  'hot_standby',
  'hot_standby_feedback',
  'restart_after_crash',
  'wal_log_hints',
];

/** Which settings a version has: wal_keep_size took the place of wal_keep_segments in 13. */
const SINCE: Readonly<Record<string, number>> = { wal_keep_size: 13, max_slot_wal_keep_size: 13 };
const UNTIL: Readonly<Record<string, number>> = { wal_keep_segments: 12 };

export const majorVersion = ({ versions: { postgresql } }: NodeFacts): number =>
  (postgresql.known ? Number.parseInt(postgresql.value, 10) : 0) || 15;

/**
 * A setting as the server has it, or would have it if it were started now. Undefined when that is not known, or the
 * version has no such setting.
 */
export function settingOf(facts: NodeFacts, database: DatabaseFacts, name: string): string | undefined {
  if (database.server.kind === 'answers') return database.server.server.settings[name]?.value;
  if (!database.files.known) return undefined;
  const major = majorVersion(facts);
  if (major < (SINCE[name] ?? 0) || major > (UNTIL[name] ?? Number.POSITIVE_INFINITY)) return undefined;
  const written = database.files.value.lines.filter((line) => line.name === name).at(-1)?.value;
  const value = written ?? (major < 10 ? OLD_DEFAULTS[name] : undefined) ?? DEFAULTS[name];
  return value !== undefined && BOOLEANS.includes(name) ? (onOrOff(value) ?? value) : value;
}
