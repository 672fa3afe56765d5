import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT } from '../../system/as-user.ts';
import { readTextUnlinked, removeFile, writeFileAtomically } from '../../system/files.ts';
import { stateFile } from './lock.ts';
import { EMPTY_MEMORY, type Memory, parseMemory } from './memory.ts';

const pathOf = (resource: string): string => stateFile(resource, '.json');

/** The memory is a help, not a duty: what cannot be read is forgotten. */
export const loadMemory = (resource: string): Memory => {
  try {
    return parseMemory(readTextUnlinked(pathOf(resource)) ?? '');
  } catch {
    return EMPTY_MEMORY;
  }
};

/** Written only when it changed. A full disk must not make an operation fail. */
export const saveMemory = (resource: string, before: Memory, after: Memory): void => {
  const text = JSON.stringify(after);
  if (text === JSON.stringify(before)) return;
  try {
    mkdirSync(dirname(pathOf(resource)), { recursive: true, mode: 0o700 });
    writeFileAtomically(pathOf(resource), text, { user: ROOT, mode: 0o600 });
  } catch {
    // The next operation starts with an older memory, which is safe.
  }
};

export const forgetMemory = (resource: string): void => {
  removeFile(pathOf(resource), ROOT);
};
