import t from 'tap';
import { replicationRules } from '../../../../../../lib/commands/doctor/rules/replication-rules.ts';
import { known, unknown } from '../../../../../../lib/system/fact.ts';
import { checkRows, on3, type Row } from '../row.ts';

const ROWS: readonly Row[] = [
  {
    id: 'data-directory',
    when: 'there is no copy of the database',
    parts: on3({ database: { control: unknown('no such directory') } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /on node3 cannot be read: no such directory$/,
    fix: /^cls_rebuild_slave {3}\(on node3\)$/,
  },
  {
    id: 'system-identifier',
    when: 'a copy is of another database',
    parts: on3({
      database: {
        control: known({
          systemIdentifier: '42',
          state: 'in production',
          dataChecksums: true,
          walLogHints: true,
        }),
      },
    }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^the database on node3 is no copy of the one on node1 and node2: system identifier 42/,
    fix: /cls_rebuild_slave/,
  },
  {
    id: 'server-silent',
    when: 'a server refuses its own user',
    parts: on3({ database: { server: { kind: 'silent', failure: 'auth', reason: 'no pg_hba.conf entry' } } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /^PostgreSQL on node3 runs and does not answer its own user: no pg_hba\.conf entry$/,
    fix: /local all postgres peer/,
  },
  {
    id: 'server-silent',
    when: 'a server is starting',
    parts: on3({
      database: {
        server: { kind: 'silent', failure: 'starting', reason: 'the database system is starting up' },
      },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /starting up$/,
    fix: /^wait/,
  },
  {
    id: 'server-silent',
    when: 'a server is frozen',
    parts: on3({
      database: { server: { kind: 'silent', failure: 'timeout', reason: 'no connection in time' } },
    }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /no connection in time$/,
    fix: /^look into its log on node3/,
  },
  {
    id: 'config-files',
    when: 'a line is not understood',
    parts: on3({
      database: {
        files: known({ lines: [], problems: ['/x.conf, line 3, is not understood'], agentFile: '' }),
      },
    }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /\/x\.conf, line 3, is not understood/,
  },
  {
    id: 'slots',
    when: 'a slot is used by nobody',
    parts: on3({ server: { slots: [{ name: 'old', active: false, retainedBytes: 2 ** 30 }] } }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^slot old on node3 is used by nobody, and holds 1\.0 GB/,
    fix: /pg_drop_replication_slot\('old'\)/,
  },
];

checkRows(t, replicationRules, ROWS);
