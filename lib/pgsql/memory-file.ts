import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readTextIfExists } from '../system/files.ts';
import { writeEvenIfFull } from '../system/overwrite.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from './memory.ts';

/** The memory is a help, not a duty: what cannot be read is forgotten. */
export const loadMemory = (path: string): Memory => {
  try {
    return parseMemory(readTextIfExists(path) ?? '');
  } catch {
    return EMPTY_MEMORY;
  }
};

/**
 * Written only when it changed. A full disk must not make an operation fail: the next one starts with an older memory, which is
 * safe, but for what others have been told meanwhile.
 *
 * @returns why it could not be written; undefined if it was
 */
export const saveMemory = (path: string, before: Memory, after: Memory): string | undefined => {
  const text = serializeMemory(after);
  if (text === serializeMemory(before)) return undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeEvenIfFull(path, text, 0o600);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
