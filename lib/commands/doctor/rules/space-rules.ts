import { inUnit } from '../../../postgres/units.ts';
import { formatBytes } from '../../cli/text.ts';
import { finding, type Rule } from '../rule.ts';
import { settingOf } from '../settings.ts';
import { databases } from '../situation.ts';

const GROUP = 'Disk space';
const FULL_PERCENT = 2;
const LOW_PERCENT = 10;
const ENOUGH_BYTES = 50 * 1024 ** 3;
const MB = 1024 ** 2;

export const spaceRules: readonly Rule[] = [
  {
    id: 'space',
    group: GROUP,
    checks: 'the disks of data and WAL have room',
    find: (situation) => {
      const all = databases(situation).flatMap(({ node, database: { spaces } }) =>
        spaces.flatMap(({ holds, path, space }) =>
          space.known ? [{ node, holds, path, ...space.value }] : [],
        ),
      );
      if (all.length === 0) return undefined;
      return all.flatMap(({ node, holds, path, freeBytes, totalBytes }) => {
        const percent = totalBytes > 0 ? (freeBytes / totalBytes) * 100 : 100;
        if (percent >= LOW_PERCENT || freeBytes >= ENOUGH_BYTES) return [];
        const full = holds === 'WAL' ? 'PostgreSQL stops when it is full' : 'writes fail when it is full';
        return [
          finding(
            percent < FULL_PERCENT ? 'error' : 'warning',
            [node],
            `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free for ${holds} on ${node} (${path}): ${full}`,
            'make room: du -xsh there, old logs, slots that nobody uses; never delete files of PostgreSQL by hand',
          ),
        ];
      });
    },
  },
  {
    id: 'space-for-wal',
    group: GROUP,
    checks: 'there is room for as much WAL as PostgreSQL may keep',
    find: (situation) => {
      const known = databases(situation).filter(({ database: { spaces } }) =>
        spaces.some(({ holds, space }) => holds === 'WAL' && space.known),
      );
      if (known.length === 0) return undefined;
      return known.flatMap(({ node, facts, database }) => {
        const space = database.spaces.find(({ holds }) => holds === 'WAL')?.space;
        const megabytes = (name: string) => inUnit(settingOf(facts, database, name) ?? '0', 'MB') ?? 0;
        const wanted = (megabytes('max_wal_size') + megabytes('wal_keep_size')) * MB;
        if (!space?.known || space.value.freeBytes >= wanted) return [];
        return [
          finding(
            'warning',
            [node],
            `${formatBytes(space.value.freeBytes)} are free for WAL on ${node}, and max_wal_size and wal_keep_size may take ${formatBytes(wanted)}`,
            `make room, or postgresql.conf on ${node}: a smaller max_wal_size or wal_keep_size   (takes a reload)`,
          ),
        ];
      });
    },
  },
];
