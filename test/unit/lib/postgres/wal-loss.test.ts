import t from 'tap';
import { formatLsn } from '../../../../lib/postgres/lsn.ts';
import { parseWalStats } from '../../../../lib/postgres/wal-loss.ts';

const TABLE = `
Type                                           N      (%)          Record size      (%)
----                                           -      ---          -----------      ---
Transaction/COMMIT                             2 (  0.00)                   68 (  0.00)
Transaction/COMMIT_PREPARED                    1 (  0.00)                   68 (  0.00)
Transaction/ABORT                              7 (  0.00)                   68 (  0.00)
Heap/INSERT                                99550 ( 99.54)              5873450 ( 99.54)
Total                                     100006                       5900405 [100.00%]
`;
const COMPLAINT =
  'pg_waldump: error: error in WAL record at 0/2204758: invalid record length at 0/22047D0: wanted 24, got 0\n';

t.test('the end of the log and the commits', async (t) => {
  for (const [stdout, stderr] of [
    [`WAL statistics between 0/1BE5488 and 0/22047D0:${TABLE}`, COMPLAINT],
    [TABLE, COMPLAINT],
  ] as const) {
    const content = parseWalStats(stdout, stderr);
    t.equal(content && formatLsn(content.end), '0/22047D0');
    t.equal(content?.transactions, 3);
  }
});

t.test('nothing that can be told', async (t) => {
  t.equal(parseWalStats('', 'pg_waldump: error: could not find a valid record after 0/1BE5488'), undefined);
  t.equal(parseWalStats(TABLE, ''), undefined);
  t.equal(parseWalStats('', ''), undefined);
});
