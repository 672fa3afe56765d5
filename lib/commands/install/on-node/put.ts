import {
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathKind } from '../../../system/files.ts';
import { processInfo } from '../../../system/proc.ts';
import { sha256 } from './look.ts';
import { writePassfile } from './passfile.ts';
import type { PutFile, PutRequest } from './request.ts';

/** Pacemaker's PATH is short, so an installed executable names Node.js by its path. */
const PORTABLE = '/usr/bin/env node';

/** What a program is on a node whose Node.js is `nodePath`. It is named in the first line, or in the second (see scripts/bundle.ts). */
export const withInterpreter = (content: Buffer, nodePath: string): Buffer => {
  const at = content.indexOf(PORTABLE);
  const isNamed = at >= 0 && content[0] === HASH && linesIn(content.subarray(0, at)) < 2;
  return isNamed
    ? Buffer.concat([content.subarray(0, at), Buffer.from(nodePath), content.subarray(at + PORTABLE.length)])
    : content;
};

const HASH = '#'.charCodeAt(0);
const linesIn = (text: Buffer): number => text.toString('latin1').split('\n').length - 1;

/** @throws when what arrived is not what was sent */
function contentOf({ target, content }: PutFile): Buffer {
  if (content.kind === 'text') return Buffer.from(content.text);
  const bytes = readFileSync(content.path);
  if (sha256(bytes) !== content.sha256)
    throw new Error(`${basename(target)} did not arrive whole: run this again`);
  return withInterpreter(bytes, process.execPath);
}

const unfinished = (target: string): string => join(dirname(target), `.${basename(target)}.pha-install`);

/** Another name of what is replaced, until everything is. */
const replaced = (target: string): string => join(dirname(target), `.${basename(target)}.pha-before`);

const LEFTOVER = /^\..+\.pha-(install|before)$/;

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function writeBeside({ target, mode }: PutFile, content: Buffer): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  if (!['file', 'missing', 'link'].includes(pathKind(target)))
    throw new Error(`${target} is no file: move it away`);
  const fd = openSync(unfinished(target), 'wx', 0o600);
  try {
    writeFileSync(fd, content);
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Installs all files or none: each is written beside its place first, so that a full disk, a read-only directory or a
 * file that did not arrive shows before anything is replaced. What is replaced then is replaced by renaming, so an agent
 * that Pacemaker starts at this moment is the old one or the new one; if one cannot be, the others are put back.
 *
 * @throws with a sentence that says what is installed now
 */
export function put({ files, password, room }: PutRequest): void {
  const begun: PutFile[] = [];
  clearLeftovers(files);
  try {
    const contents = files.map(contentOf);
    files.forEach((file, i) => {
      writeBeside(file, contents[i] ?? Buffer.alloc(0));
    });
    for (const file of files) {
      begun.push(file);
      keep(file);
      renameSync(unfinished(file.target), file.target);
    }
    if (password !== undefined) writePassfile(password);
  } catch (error) {
    const stuck = begun.reverse().flatMap(putBack);
    throw new Error(
      stuck.length === 0
        ? `nothing was installed: ${sentenceOf(error)}`
        : `${stuck.length} of ${files.length} files are new, and the old ones could not be put back (${stuck[0]}), after: ${sentenceOf(error)}; run this again`,
    );
  } finally {
    clearLeftovers(files);
  }
  if (room !== undefined) clearRoom(room);
}

function keep({ target }: PutFile): void {
  if (pathKind(target) === 'missing') return;
  linkSync(target, replaced(target));
}

/** Why it could not be put back, if so. */
function putBack({ target }: PutFile): string[] {
  try {
    if (pathKind(replaced(target)) !== 'missing') renameSync(replaced(target), target);
    // Still beside its place: it was never replaced, and there was nothing to keep.
    else if (pathKind(unfinished(target)) === 'missing') rmSync(target, { force: true });
    return [];
  } catch (error) {
    return [sentenceOf(error)];
  }
}

/** Those of a run that was killed, too. */
function clearLeftovers(files: readonly PutFile[]): void {
  for (const folder of new Set(files.map(({ target }) => dirname(target)))) {
    try {
      for (const name of readdirSync(folder)) {
        if (LEFTOVER.test(name)) rmSync(join(folder, name), { force: true });
      }
    } catch {
      // They are in nobody's way.
    }
  }
}

const ROOMS = '/var/tmp/pha-install-';
const OLD_ROOM_MS = 3_600_000;

export const isRoom = (path: string): boolean =>
  path.startsWith(ROOMS) && !path.slice(ROOMS.length).includes('/');

/** @param room made by {@link makeRoom}; anything else is left alone */
export function clearRoom(room: string): void {
  if (isRoom(room)) rmSync(room, { recursive: true, force: true });
}

/**
 * Rooms of runs that were killed or lost their connection. Those of other users are not ours to touch, and one that names
 * its process (see {@link roomOfThisProcess}) is in use for as long as that lives.
 */
export function clearOldRooms(folder: string, nowMs: number, prefix = basename(ROOMS)): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(prefix)) continue;
    const pid = /^(\d+)-/.exec(name.slice(prefix.length))?.[1];
    if (pid !== undefined && processInfo(Number(pid)) !== undefined) continue;
    const room = join(folder, name);
    try {
      const { uid, mtimeMs } = lstatSync(room);
      if (uid === process.geteuid?.() && nowMs - mtimeMs > OLD_ROOM_MS)
        rmSync(room, { recursive: true, force: true });
    } catch {
      // Somebody else is clearing it; and what stays is in nobody's way.
    }
  }
}

/** How the name of a room begins that is used for as long as this process lives. */
export const roomOfThisProcess = (prefix: string): string => `${prefix}${process.pid}-`;

export { ROOMS };
