/** A disk for the log alone, with little room: what fills up first in practice. */
import { dirname, join } from 'node:path';
import { dataDirectory, type Lab } from '../../lab/index.ts';
import { RECOVERY_MS } from './support.ts';

/** As docs/runbooks/full-disk.md names it. */
const WAL_DISK = join(dirname(dataDirectory), 'wal');
/** What somebody wise has put aside is enough for all that pg_rewind brings. */
const RESERVE_MB = 224;
const ROOM_MB = 24;

const script = `
  mkdir ${WAL_DISK}
  used=$(du -sm ${dataDirectory}/pg_wal | cut -f 1)
  mount -t tmpfs -o size=$((used + ${RESERVE_MB + ROOM_MB}))m tmpfs ${WAL_DISK}
  mv ${dataDirectory}/pg_wal/* ${WAL_DISK}
  rmdir ${dataDirectory}/pg_wal
  fallocate --length ${RESERVE_MB}M ${WAL_DISK}/reserve
  chmod 700 ${WAL_DISK}; chown -R postgres:postgres ${WAL_DISK}
  runuser -u postgres -- ln -s ${WAL_DISK} ${dataDirectory}/pg_wal`;

/** Everything is stopped meanwhile. The disk lies in memory: it is gone with the node's power. */
export const giveSmallWalDisk = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['cls_stop'], { timeoutMs: RECOVERY_MS });
  await lab.exec(node, ['sh', '-ec', script]);
  await lab.exec(node, ['cls_start'], { timeoutMs: RECOVERY_MS });
};

/** More than there is room for, in one transaction: none of it is ever acknowledged. */
export const FILL =
  'CREATE TABLE filler AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, 200000) AS series (n)';
