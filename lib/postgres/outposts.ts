import { mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { fsyncDirectory, pathKind } from '../system/files.ts';
import { asUser, type OsUser } from '../system/os-user.ts';

/**
 * A directory of a database outside its data directory: of a tablespace, or of the log. It often is a mount point and
 * cannot be renamed, so its new content is collected inside of it and moved up entry by entry.
 */
export interface Outpost {
  readonly path: string;
  /** `all`: nothing of the old content may remain (the log). `named`: only what has a new version is replaced. */
  readonly replaces: 'all' | 'named';
}

export const outpostPlaces = ({ path }: Outpost) => ({
  /** Not yet complete. */
  copying: join(path, '.pha-copying'),
  /** Complete; the old content is still in place, wholly or in part. */
  fresh: join(path, '.pha-new'),
  /** The old content is out of the way; this is being moved up. */
  moving: join(path, '.pha-moving'),
  old: join(path, '.pha-old'),
});

const isOurs = (name: string): boolean => name.startsWith('.pha-');

/** From then on what was copied counts as complete. */
export const completeOutpost = (outpost: Outpost, owner: OsUser): void =>
  asUser(owner, () => {
    const { copying, fresh } = outpostPlaces(outpost);
    if (pathKind(copying) !== 'missing') renameSync(copying, fresh);
    fsyncDirectory(outpost.path);
  });

/**
 * Puts the new content in place of the old one, which goes aside. It may be killed at any moment: called again, it goes
 * on where it was, and where nothing is left to do it does nothing.
 */
export const takeOver = (outpost: Outpost, owner: OsUser): void =>
  asUser(owner, () => {
    const { fresh, moving, old } = outpostPlaces(outpost);
    if (pathKind(fresh) === 'directory') {
      mkdirSync(old, { recursive: true, mode: 0o700 });
      const replaced = outpost.replaces === 'all' ? readdirSync(outpost.path) : readdirSync(fresh);
      for (const name of replaced.filter((each) => !isOurs(each))) {
        if (pathKind(join(outpost.path, name)) !== 'missing') {
          renameSync(join(outpost.path, name), join(old, name));
        }
      }
      renameSync(fresh, moving);
      fsyncDirectory(outpost.path);
    }
    if (pathKind(moving) === 'directory') {
      for (const name of readdirSync(moving)) renameSync(join(moving, name), join(outpost.path, name));
      rmdirSync(moving);
      fsyncDirectory(outpost.path);
    }
  });
