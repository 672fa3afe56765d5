/** What a lab remembers between two calls of its commands. */
import { access, mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from './failure.ts';
import type { LabOptions } from './options.ts';
import type { Passwords } from './postgres/settings.ts';

export interface LabState {
  readonly options: LabOptions;
  readonly passwords: Passwords;
  /** Of the PostgreSQL that the nodes run. */
  readonly binDirectory: string;
}

const root = (): string => process.env.PHA_LAB_DIR ?? '/var/lib/pha-lab';

export const stateDirOf = (name: string): string => join(root(), name);

const fileOf = (stateDir: string): string => join(stateDir, 'lab.json');

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Claims the name. False if somebody has it. */
export const createStateDir = async (name: string): Promise<boolean> => {
  await mkdir(root(), { recursive: true, mode: 0o755 });
  try {
    await mkdir(stateDirOf(name), { mode: 0o755 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Another lab, which was the last one, has just taken the root with it.
    if (codeOf(error) === 'ENOENT') return createStateDir(name);
    throw error;
  }
};

export const removeStateDir = async (stateDir: string): Promise<void> => {
  // A copy that a killed harness left under way may still add files for a moment.
  await rm(stateDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  await rmdir(dirname(stateDir)).catch(() => undefined);
};

export const saveState = (stateDir: string, state: LabState): Promise<void> =>
  writeFile(fileOf(stateDir), JSON.stringify(state, undefined, 2), { mode: 0o600 });

/** @throws LabError if there is no such lab or it was never completed */
export const loadState = async (name: string): Promise<LabState> => {
  const stateDir = stateDirOf(name);
  const text = await readFile(fileOf(stateDir), 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text);
  const begun = await access(stateDir).then(
    () => true,
    () => false,
  );
  throw new LabError(
    begun
      ? `The lab "${name}" is incomplete; remove it with: npm run -s lab -- down --name ${name}`
      : `There is no lab "${name}"; make one with: npm run -s lab -- up --name ${name}`,
  );
};

/** Names of all labs that have a state directory. */
export const labNames = async (): Promise<string[]> => (await readdir(root()).catch(() => [])).sort();
