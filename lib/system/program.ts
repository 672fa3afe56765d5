import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

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

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
