import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { asUser } from '../system/as-user.ts';
import { pathKind, readTextIfExists, removeFile, writeFileAtomically } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import type { Timeline } from './lsn.ts';
import { historyFileName, parseHistoryFileName } from './wal-files.ts';

/**
 * A promotion opens the first timeline for which there is no history file (findNewestTimeLine() in PostgreSQL), and that
 * is all that a standby knows of the numbers that others have used. A history file that has nothing but a comment takes
 * a number away without a meaning of its own: a running standby looks at it and does not follow ("not a child of"), and
 * one that does follow the new primary is sent it with the others in between. But a server that starts in recovery takes
 * the newest history for its target, and would wait for ever for the log of this one: so it must not be the newest then.
 */
const RESERVED = '# Reserved by pha: ';
const TEXT = `${RESERVED}a primary that was given up may have used this timeline, so nobody else opens it.\n`;

/** Has PostgreSQL open none of these timelines. What is there already, a true history above all, stays. */
export const reserveTimelines = (
  walDirectory: string,
  from: Timeline,
  through: Timeline,
  user: OsUser,
): void => {
  for (let timeline = from; timeline <= through; timeline++) {
    const path = join(walDirectory, historyFileName(timeline));
    if (asUser(user, () => pathKind(path)) === 'missing')
      writeFileAtomically(path, TEXT, { user, mode: 0o600 });
  }
};

/** Before a start: what a promotion that was cut short has left, or a standby that was sent only a part. */
export const withdrawReservations = (walDirectory: string, user: OsUser): void => {
  const histories = asUser(user, () => readdirSync(walDirectory))
    .map((name) => ({ name, timeline: parseHistoryFileName(name) ?? 0 }))
    .filter(({ timeline }) => timeline > 0)
    .sort((a, b) => b.timeline - a.timeline);
  for (const { name } of histories) {
    const path = join(walDirectory, name);
    if (!readTextIfExists(path, user)?.startsWith(RESERVED)) return;
    removeFile(path, user);
  }
};
