import { readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  ensureDirectory,
  fsyncDirectory,
  pathKind,
  readTextIfExists,
  removeFile,
  writeFileAtomically,
} from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import { describeIncomplete, INCOMPLETE, type Incomplete, type Mark } from './incomplete.ts';

/**
 * What a repair needs beside the data directory, on the same file system: `/pgsql/data.repair` for `/pgsql/data`. Beside
 * and not inside, since pg_rewind removes from the data directory whatever its source does not have.
 */
export interface WorkArea {
  readonly directory: string;
  /** While it is there, PostgreSQL must not be started on the data directory. */
  readonly mark: string;
  /** This node's own configuration files, while they may be overwritten. */
  readonly kept: string;
  /** A copy that is not yet complete. */
  readonly copying: string;
  /** A complete copy that is not yet in place. */
  readonly fresh: string;
  /** The data directory that was replaced. */
  readonly old: string;
}

export const workAreaOf = (pgdata: string): WorkArea => {
  const directory = `${realDirectory(pgdata)}.repair`;
  return {
    directory,
    mark: join(directory, 'incomplete'),
    kept: join(directory, 'kept'),
    copying: join(directory, 'copying'),
    fresh: join(directory, 'new'),
    old: join(directory, 'old'),
  };
};

/** As many links as Linux follows at most. */
const MOST_LINKS = 40;

/** Where a data directory that is a link lies, also while there is nothing at the link's end. */
export const realDirectory = (pgdata: string): string => {
  let path = pgdata.replace(/(.)\/+$/, '$1');
  for (let links = 0; links < MOST_LINKS && pathKind(path) === 'link'; links++) {
    path = resolve(dirname(path), readlinkSync(path));
  }
  return path;
};

/**
 * What the mark says. Something that is no mark of ours, or cannot be read, still is one: nobody puts anything there
 * without a reason. It then counts as the kind after which the data are not removed before there are new ones. Never
 * throws: where not even the name can be looked at, the data cannot either.
 */
export const readMark = (pgdata: string, owner: OsUser): Mark | undefined => {
  try {
    const { mark: path } = workAreaOf(pgdata);
    if (pathKind(path) === 'missing') return undefined;
    const word = readOrEmpty(path, owner).split('\n')[0];
    return { kind: INCOMPLETE.find((kind) => kind === word) ?? 'rewinding', path };
  } catch {
    return undefined;
  }
};

const readOrEmpty = (path: string, owner: OsUser): string => {
  try {
    return readTextIfExists(path, owner) ?? '';
  } catch {
    return '';
  }
};

/** After a switch was begun: did the new copy arrive? The old data are aside then, or the copy was never started. */
export const isSwitched = (pgdata: string): boolean =>
  [workAreaOf(pgdata).old, join(realDirectory(pgdata), 'backup_label')].some(
    (path) => pathKind(path) !== 'missing',
  );

/** Makes the place where a repair keeps its things; lasting, also over a power failure. */
export const ensureWorkArea = ({ directory }: WorkArea, owner: OsUser): void => {
  ensureDirectory(directory, owner);
  fsyncDirectory(dirname(directory));
};

/** Written before the first byte of the data directory changes. */
export const writeMark = (area: WorkArea, kind: Incomplete, by: string, owner: OsUser): void => {
  ensureWorkArea(area, owner);
  const text = `${kind}\n${describeIncomplete(kind)} (${by}). PostgreSQL must not be started on them.\nRun cls_rebuild_slave on this node. After a copy that was made by hand, remove this file.\n`;
  writeFileAtomically(area.mark, text, { user: owner, mode: 0o644 });
};

/** Removed when every byte of the data directory is in its place and on the disk. */
export const removeMark = (area: WorkArea, owner: OsUser): void => void removeFile(area.mark, owner);
