import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathKind } from '../../../system/files.ts';
import { sha256 } from './look.ts';
import { writePassfile } from './passfile.ts';
import type { PutFile, PutRequest } from './request.ts';

/** How the built executables begin; Pacemaker's PATH is short, so an installed one names Node.js by its path. */
const PORTABLE = '#!/usr/bin/env node\n';

/** What a program is on a node whose Node.js is `nodePath`. */
export const withInterpreter = (content: Buffer, nodePath: string): Buffer =>
  content.subarray(0, PORTABLE.length).equals(Buffer.from(PORTABLE))
    ? Buffer.concat([Buffer.from(`#!${nodePath}\n`), content.subarray(PORTABLE.length)])
    : content;

/** @throws when what arrived is not what was sent */
function contentOf({ target, content }: PutFile): Buffer {
  if (content.kind === 'text') return Buffer.from(content.text);
  const bytes = readFileSync(content.path);
  if (sha256(bytes) !== content.sha256)
    throw new Error(`${basename(target)} did not arrive whole: run this again`);
  return withInterpreter(bytes, process.execPath);
}

const unfinished = (target: string): string => join(dirname(target), `.${basename(target)}.pha-install`);

function writeBeside({ target, mode }: PutFile, content: Buffer): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  if (!['file', 'missing', 'link'].includes(pathKind(target)))
    throw new Error(`${target} is no file: move it away`);
  rmSync(unfinished(target), { force: true });
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
 * that Pacemaker starts at this moment is the old one or the new one.
 *
 * @throws with a sentence; then nothing was replaced
 */
export function put({ files, password, room }: PutRequest): void {
  const contents = files.map(contentOf);
  try {
    files.forEach((file, i) => {
      writeBeside(file, contents[i] ?? Buffer.alloc(0));
    });
    if (password !== undefined) writePassfile(password);
  } catch (error) {
    for (const { target } of files) rmSync(unfinished(target), { force: true });
    throw error;
  }
  for (const { target } of files) renameSync(unfinished(target), target);
  if (room !== undefined) clearRoom(room);
}

const ROOMS = '/var/tmp/pha-install-';

export const isRoom = (path: string): boolean =>
  path.startsWith(ROOMS) && !path.slice(ROOMS.length).includes('/');

/** @param room made by {@link makeRoom}; anything else is left alone */
export function clearRoom(room: string): void {
  if (isRoom(room)) rmSync(room, { recursive: true, force: true });
}

export { ROOMS };
