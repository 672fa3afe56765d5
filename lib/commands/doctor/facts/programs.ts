import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { findProgram, isExecutable } from '../../../system/program.ts';
import type { CommandFacts } from './facts.ts';

/** What would be run under this name, and who could make it something else. */
export function examineProgram(name: string): CommandFacts['found'] {
  const path = findProgram(name);
  return path === undefined
    ? null
    : {
        path,
        isExecutable: isExecutable(path),
        // What it is, and where its name is: a link can be exchanged.
        openTo: openPart(realpathSync(path)) ?? openPart(realpathSync(dirname(path))) ?? null,
      };
}

/** The path, or the first directory above it, that another user than root can change. */
function openPart(path: string): string | undefined {
  const { uid, mode } = statSync(path);
  const isSticky = (mode & 0o1000) !== 0 && statSync(path).isDirectory();
  if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) return path;
  return path === '/' ? undefined : openPart(dirname(path));
}
