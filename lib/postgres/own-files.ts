import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fsyncDirectory, pathKind } from '../system/files.ts';
import { asUser, type OsUser } from '../system/os-user.ts';
import { realDirectory } from './work-area.ts';

/**
 * Files that PostgreSQL makes and owns. All others at the top of a data directory are the administrator's: settings,
 * pg_hba.conf, certificates, directories of settings that are included.
 */
const SERVERS_FILES =
  /^(PG_VERSION|postmaster\.(pid|opts)|(standby|recovery)\.signal|recovery\.(conf|done)|backup_(label|manifest).*|tablespace_map.*|current_logfiles.*|promote|fallback_promote|logrotate|core(\..*)?|.*\.tmp)$/;
const SERVERS_DIRECTORIES = /^(base|global|pg_[a-z_]+|log|lost\+found)$/;

/** No file of settings is larger. */
const LARGEST_BYTES = 16 * 1024 * 1024;

const isOwn = (path: string, name: string): boolean => {
  const kind = pathKind(path);
  if (kind === 'directory') return !SERVERS_DIRECTORIES.test(name);
  return (kind === 'file' || kind === 'link') && !SERVERS_FILES.test(name) && !SERVERS_DIRECTORIES.test(name);
};

/** Names of what is this node's own in a data directory. */
const ownEntries = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => isOwn(join(directory, name), name));

/**
 * Copies a node's own files from one directory into another, in place of what is there, and onto the disk: configuration
 * differs between nodes, and both pg_rewind and pg_basebackup bring the source's. Done with the owner's rights.
 *
 * @param from a directory, a link to one, or nothing
 * @param onSkipped told of what is not copied, and why
 * @returns the names at the top that were copied
 * @throws when it is anything else: to go on would lose the node's configuration
 */
export const copyOwnFiles = (
  from: string,
  to: string,
  owner: OsUser,
  onSkipped: (sentence: string) => void,
): readonly string[] =>
  asUser(owner, () => {
    const kind = pathKind(realDirectory(from));
    if (kind === 'missing') return [];
    if (kind !== 'directory')
      throw new Error(`${from} is not a directory: this node's own files are not there`);
    mkdirSync(to, { recursive: true, mode: 0o700 });
    const names = ownEntries(from);
    for (const name of names) {
      rmSync(join(to, name), { recursive: true, force: true });
      copyEntry(join(from, name), join(to, name), onSkipped);
    }
    fsyncDirectory(to);
    return names;
  });

/** What the owner may not read, the server cannot use either. (access(2) would answer for root.) */
const mayRead = (path: string): boolean => {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
};

const copyEntry = (from: string, to: string, onSkipped: (sentence: string) => void): void => {
  const { mode, size } = lstatSync(from);
  const kind = pathKind(from);
  if (kind === 'file' && size > LARGEST_BYTES) {
    onSkipped(`${from} is larger than 16 MB, and not taken for a setting: it is not kept`);
    return;
  }
  if ((kind === 'file' || kind === 'directory') && !mayRead(from)) {
    onSkipped(`${from} cannot be read by the owner of the data: it is not kept`);
    return;
  }
  if (kind === 'link') symlinkSync(readlinkSync(from), to);
  if (kind === 'directory') {
    mkdirSync(to, { mode: 0o700 });
    for (const name of readdirSync(from)) copyEntry(join(from, name), join(to, name), onSkipped);
    chmodSync(to, mode & 0o777);
    fsyncDirectory(to);
  }
  if (kind === 'file') {
    copyFileSync(from, to);
    chmodSync(to, mode & 0o777);
    syncFile(to);
  }
};

const syncFile = (path: string): void => {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
