import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommandFacts } from './facts.ts';

/** Where Pacemaker's agents find programs, whatever the PATH of whoever asks. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** The path of a program that is called so; undefined when there is none. */
export const findProgram = (name: string): string | undefined =>
  (name.includes('/') ? [name] : FOLDERS.map((folder) => join(folder, name))).find(isFile);

/** Also a path that cannot be one, such as a file with a slash at its end. */
const isFile = (path: string): boolean => {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** What would be run under this name, and who could make it something else. */
export function examineProgram(name: string): CommandFacts['found'] {
  const path = findProgram(name);
  return path === undefined
    ? null
    : {
        path,
        isExecutable: mayRun(path),
        // What it is, and where its name is: a link can be exchanged.
        openTo: openPart(realpathSync(path)) ?? openPart(realpathSync(dirname(path))) ?? null,
      };
}

const mayRun = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path, or the first directory above it, that another user than root can change. */
function openPart(path: string): string | undefined {
  const { uid, mode } = statSync(path);
  const isSticky = (mode & 0o1000) !== 0 && statSync(path).isDirectory();
  if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) return path;
  return path === '/' ? undefined : openPart(dirname(path));
}
