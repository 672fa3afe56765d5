import t from 'tap';
import { settingSetRules } from '../../../../../../lib/commands/doctor/rules/setting-set-rules.ts';
import { known } from '../../../../../../lib/system/fact.ts';
import type { Parts } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const line = (file: string, number: number, name: string, value = 'x') => ({
  file,
  line: number,
  name,
  value,
});

const AUTO = '/data/postgresql.auto.conf';

const files = (...lines: ReturnType<typeof line>[]): Parts =>
  on3({ database: { files: known({ lines, problems: [], agentFile: '/tmp/rep_mode.conf' }) } });

const ROWS: readonly Row[] = [
  {
    id: 'rewindable',
    when: 'there are neither hints nor checksums',
    parts: on3({ settings: { wal_log_hints: 'off' } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^wal_log_hints is off on node3/,
    fix: /wal_log_hints = on/,
  },
  {
    id: 'wal-kept',
    when: 'no WAL is kept',
    parts: on3({ settings: { wal_keep_size: '0MB' } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^no WAL is kept on node3/,
  },
  {
    id: 'slot-limit',
    when: 'slots have no limit',
    parts: {
      ...on3({ settings: { max_slot_wal_keep_size: '-1MB' } }),
      parameters: { replication_slot_name: 'pha' },
    },
    severity: 'warning',
    sentence: /^max_slot_wal_keep_size is -1 on node3/,
  },
  {
    id: 'managed-elsewhere',
    when: 'ALTER SYSTEM beats the agent',
    parts: files(
      line('/tmp/rep_mode.conf', 3, 'synchronous_standby_names'),
      line(AUTO, 3, 'synchronous_standby_names'),
    ),
    severity: 'error',
    nodes: ['node3'],
    sentence:
      /^synchronous_standby_names is set in \/data\/postgresql\.auto\.conf, line 3, on node3: it overrides the agent/,
    fix: /ALTER SYSTEM RESET synchronous_standby_names/,
  },
  {
    id: 'managed-elsewhere',
    when: 'a line stands behind the include of the agent',
    parts: files(
      line('/tmp/rep_mode.conf', 3, 'synchronous_standby_names'),
      line('/data/conf.d/x.conf', 1, 'primary_conninfo'),
    ),
    severity: 'error',
    sentence: /^primary_conninfo is set in \/data\/conf\.d\/x\.conf, line 1, on node3/,
    fix: /^remove line 1 from \/data\/conf\.d\/x\.conf on node3, then: SELECT pg_reload_conf\(\)$/,
  },
  {
    id: 'managed-elsewhere',
    when: 'a line stands before the include of the agent',
    parts: files(
      line('/data/postgresql.conf', 9, 'synchronous_standby_names'),
      line('/tmp/rep_mode.conf', 3, 'synchronous_standby_names'),
    ),
    severity: 'notice',
    sentence: /has no effect/,
  },
  {
    id: 'synchronous-commit-overridden',
    when: 'a role does not wait',
    parts: {
      nodes: {
        node1: {
          server: {
            overrides: [{ role: 'app', database: 'shop', setting: 'synchronous_commit', value: 'off' }],
          },
        },
        node2: {},
        node3: {},
      },
    },
    severity: 'warning',
    sentence: /^synchronous_commit is off for role app in database shop/,
    fix: /ALTER ROLE "app" IN DATABASE "shop" RESET synchronous_commit/,
  },
  {
    id: 'pending-restart',
    when: 'a change waits for a restart',
    parts: on3({
      server: { settings: { wal_log_hints: { value: 'on', file: null, line: null, pendingRestart: true } } },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^wal_log_hints is changed in the files on node3/,
    fix: /cls_standby_node NODE/,
  },
  {
    id: 'lower-on-standby',
    when: 'a standby has less connections than the primary',
    parts: on3({ settings: { max_connections: '50' } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^max_connections is 50 on node3 and 100 on node1 and node2/,
    fix: /max_connections = 100/,
  },
  {
    id: 'lower-on-standby',
    when: 'the primary has less than a standby',
    parts: on3({ settings: { max_worker_processes: '16' } }),
    severity: 'warning',
    nodes: ['node1', 'node2'],
    sentence: /it cannot be a standby of a primary with more/,
  },
  {
    id: 'listen-addresses',
    when: 'PostgreSQL listens on one address',
    parts: on3({ settings: { listen_addresses: 'localhost' } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^listen_addresses is 'localhost' on node3/,
  },
  {
    id: 'port',
    when: 'the port is another',
    parts: on3({ settings: { port: '5433' } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^port is 5433 on node3, and pgport of the resource is 5432$/,
  },
];

checkRows(t, settingSetRules, ROWS);
