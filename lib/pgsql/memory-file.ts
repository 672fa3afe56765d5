import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT } from '../system/as-user.ts';
import { readTextIfExists, writeFileAtomically } from '../system/files.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from './memory.ts';

/** The memory is a help, not a duty: what cannot be read is forgotten. */
export const loadMemory = (path: string): Memory => {
  try {
    return parseMemory(readTextIfExists(path) ?? '');
  } catch {
    return EMPTY_MEMORY;
  }
};

/** Written only when it changed. A full disk must not make an operation fail. */
export const saveMemory = (path: string, before: Memory, after: Memory): void => {
  const text = serializeMemory(after);
  if (text === serializeMemory(before)) return;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileAtomically(path, text, { user: ROOT, mode: 0o600 });
  } catch {
    // The next operation starts with an older memory, which is safe.
  }
};
