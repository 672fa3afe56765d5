import t from 'tap';
import { spaceRules } from '../../../../../../lib/commands/doctor/rules/space-rules.ts';
import { known } from '../../../../../../lib/system/fact.ts';
import type { Parts } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const space = (freeBytes: number, totalBytes: number): Parts =>
  on3({
    database: { spaces: [{ holds: 'WAL', path: '/wal', space: known({ freeBytes, totalBytes }) }] },
  });

const ROWS: readonly Row[] = [
  {
    id: 'space',
    when: 'a disk is nearly full',
    parts: space(5e9, 100e9),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /4\.7 GB of 93\.1 GB are free for WAL on node3/,
  },
  {
    id: 'space',
    when: 'a disk is full',
    parts: space(1e9, 100e9),
    severity: 'error',
    nodes: ['node3'],
    sentence: /free for WAL/,
  },
  {
    id: 'space-for-wal',
    when: 'there is less room than max_wal_size',
    parts: space(1e9, 2e9),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /may take 1\.3 GB/,
  },
];

checkRows(t, spaceRules, ROWS);
