import t from 'tap';
import { settingRules } from '../../../../../../lib/commands/doctor/rules/setting-rules.ts';
import type { Parts } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

/** A setting that is wrong on node3. */
const setting = (
  name: string,
  value: string,
  severity: Row['severity'],
  fix: string,
  parts: Parts = {},
): Row => ({
  id: name.replaceAll('_', '-'),
  when: `${name} = ${value}`,
  parts: { ...on3({ settings: { [name]: value } }), ...parts },
  severity,
  nodes: ['node3'],
  sentence: new RegExp(`^${name} = ${value} on node3: `),
  fix: new RegExp(`postgresql\\.conf on node3: ${name} = ${fix} `),
});

const ROWS: readonly Row[] = [
  setting('wal_level', 'minimal', 'error', 'replica'),
  setting('hot_standby', 'off', 'error', 'on'),
  setting('max_wal_senders', '1', 'error', '10'),
  setting('max_wal_senders', '3', 'warning', '10'),
  setting('max_replication_slots', '1', 'error', '10', { parameters: { replication_slot_name: 'pha' } }),
  setting('restart_after_crash', 'on', 'warning', 'off'),
  setting('fsync', 'off', 'error', 'on'),
  setting('full_page_writes', 'off', 'error', 'on'),
  setting('synchronous_commit', 'local', 'error', 'on'),
  setting('synchronous_commit', 'remote_write', 'error', 'on'),
  setting('hot_standby_feedback', 'off', 'notice', 'on'),
  setting('wal_sender_timeout', '0ms', 'error', '5s'),
  setting('wal_sender_timeout', '60000ms', 'warning', '5s'),
  setting('wal_sender_timeout', '200ms', 'warning', '5s'),
  setting('wal_receiver_timeout', '60000ms', 'notice', '5s'),
  setting('wal_retrieve_retry_interval', '5000ms', 'notice', '500ms'),
];

checkRows(t, settingRules, ROWS);
