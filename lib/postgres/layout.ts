import { readdirSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathKind, readTextIfExists, writeFileAtomically } from '../system/files.ts';
import { asUser, type OsUser } from '../system/os-user.ts';
import type { Outpost } from './outposts.ts';
import type { SourceTablespace } from './source.ts';
import type { WorkArea } from './work-area.ts';

/** Where the parts of a database lie that are not in its data directory. */
export interface Layout {
  /** Undefined where the log lies in the data directory. */
  readonly walDirectory: string | undefined;
  readonly tablespaces: readonly { readonly oid: number; readonly path: string }[];
}

const linkTarget = (path: string): string | undefined =>
  pathKind(path) === 'link' ? resolve(dirname(path), readlinkSync(path)) : undefined;

/** What the links of a data directory say, wherever they are. */
export const readLayout = (pgdata: string, owner: OsUser): Layout =>
  asUser(owner, () => {
    const tablespaceLinks = join(pgdata, 'pg_tblspc');
    const names = pathKind(tablespaceLinks) === 'directory' ? readdirSync(tablespaceLinks) : [];
    return {
      walDirectory: linkTarget(join(pgdata, 'pg_wal')) ?? linkTarget(join(pgdata, 'pg_xlog')),
      tablespaces: names.flatMap((name) => {
        const path = linkTarget(join(tablespaceLinks, name));
        return path === undefined || !/^\d+$/.test(name) ? [] : [{ oid: Number(name), path }];
      }),
    };
  });

const fileOf = ({ directory }: WorkArea): string => join(directory, 'layout.json');

/** Kept while the data directory itself cannot tell any more. */
export const saveLayout = (area: WorkArea, layout: Layout, owner: OsUser): void =>
  writeFileAtomically(fileOf(area), JSON.stringify(layout), { user: owner, mode: 0o600 });

export const savedLayout = (area: WorkArea, owner: OsUser): Layout | undefined => {
  try {
    return parseLayout(JSON.parse(readTextIfExists(fileOf(area), owner) ?? 'null'));
  } catch {
    return undefined;
  }
};

const parseLayout = (value: unknown): Layout | undefined => {
  if (typeof value !== 'object' || value === null || !('tablespaces' in value)) return undefined;
  const { tablespaces } = value;
  const walDirectory = 'walDirectory' in value ? value.walDirectory : undefined;
  if (!Array.isArray(tablespaces)) return undefined;
  return {
    walDirectory: typeof walDirectory === 'string' ? walDirectory : undefined,
    tablespaces: tablespaces.map(({ oid, path }) => ({ oid: Number(oid), path: String(path) })),
  };
};

/** A tablespace on the source, and where its copy lies on this node. */
export interface PlacedTablespace {
  readonly oid: number;
  readonly from: string;
  readonly path: string;
  readonly bytes: number | undefined;
}

/**
 * Tablespaces stay where this node had them; a new one goes where the source has it. Where the source could not be
 * asked, it is taken to have them where this node has. Pure.
 */
export const placeTablespaces = (
  { tablespaces }: Layout,
  onSource: readonly SourceTablespace[] | undefined,
): readonly PlacedTablespace[] =>
  onSource === undefined
    ? tablespaces.map(({ oid, path }) => ({ oid, from: path, path, bytes: undefined }))
    : onSource
        .filter(({ location }) => isAbsolute(location))
        .map(({ oid, location, bytes }) => ({
          oid,
          from: location,
          path: tablespaces.find((each) => each.oid === oid)?.path ?? location,
          bytes,
        }));

/** Everything outside the data directory that a new copy replaces. */
export const outpostsOf = (layout: Layout): readonly Outpost[] => [
  ...(layout.walDirectory === undefined ? [] : [{ path: layout.walDirectory, replaces: 'all' } as const]),
  ...layout.tablespaces.map(({ path }) => ({ path, replaces: 'named' }) as const),
];
