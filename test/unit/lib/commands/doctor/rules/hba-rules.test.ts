import t from 'tap';
import { hbaRules } from '../../../../../../lib/commands/doctor/rules/hba-rules.ts';
import { GOOD_HBA } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const ROWS: readonly Row[] = [
  {
    id: 'hba',
    when: 'the file of a stopped server has no line',
    parts: on3({ hba: 'host all all 0.0.0.0/0 md5', stopped: true }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /has no line for replication from node1 and node2$/,
  },
  {
    id: 'hba',
    when: 'the file was changed and not read again',
    parts: on3({ hba: `host all all all reject\nhost replication all 192.168.0.231/32 reject\n${GOOD_HBA}` }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /rejects \(line 2\) replication from node1: it takes effect at the next reload$/,
  },
  {
    id: 'hba-trust',
    when: 'replication needs no password',
    parts: on3({ hba: 'host replication all 192.168.0.0/24 trust' }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /line 1, on node3 lets everybody there copy the whole database without a password/,
  },
  {
    id: 'hba-errors',
    when: 'a line cannot be read',
    parts: on3({ server: { hbaErrors: ['line 3: invalid IP mask'] } }),
    severity: 'error',
    nodes: ['node3'],
    sentence: /cannot be read \(line 3: invalid IP mask\)/,
  },
];

checkRows(t, hbaRules, ROWS);
