import { readdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeStandby } from '../../postgres/as-standby.ts';
import { copyOwnFiles } from '../../postgres/own-files.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import type { WorkArea } from '../../postgres/work-area.ts';
import { fsyncDirectory, pathKind } from '../../system/files.ts';
import { asUser, type OsUser } from '../../system/os-user.ts';

/**
 * Where this node's own files are: put aside while the data are half rewound or half copied, since the data directory
 * holds the source's then.
 */
export const ownFilesIn = (area: WorkArea, pgdata: string, isSpoilt: boolean): string =>
  isSpoilt && pathKind(area.kept) === 'directory' ? area.kept : pgdata;

/** Makes a copy this node's: its own files, and a standby, so that whoever starts it by hand gets no second primary. */
export function dress(
  copy: string,
  ownFiles: string,
  version: ServerVersion,
  owner: OsUser,
  onSkipped: (sentence: string) => void,
): void {
  copyOwnFiles(ownFiles, copy, owner, onSkipped);
  makeStandby(copy, version, owner);
}

/** Links of a copy that lead to where its outposts were collected lead to where they will be. */
export function settleLinks(copy: string, targets: ReadonlyMap<string, string>, owner: OsUser): void {
  asUser(owner, () => {
    for (const [link, target] of targets) {
      const path = join(copy, link);
      if (pathKind(path) !== 'link') continue;
      unlinkSync(path);
      symlinkSync(target, path);
    }
    fsyncDirectory(join(copy, 'pg_tblspc'));
    fsyncDirectory(copy);
  });
}

export const entriesOf = (directory: string, owner: OsUser): readonly string[] =>
  asUser(owner, () =>
    pathKind(directory) === 'directory' ? readdirSync(directory).map((name) => join(directory, name)) : [],
  );
