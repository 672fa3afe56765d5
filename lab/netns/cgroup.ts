/**
 * Control groups (version 2) hold every process of a lab, one group per node. They say what is alive, stop
 * a whole node between two instructions, and end a lab of which nobody remembers the process ids.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../failure.ts';

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV');

/** Where the machine has mounted the unified hierarchy. */
const findMount = async (): Promise<string> => {
  const mounts = await readFile('/proc/mounts', 'utf8');
  for (const line of mounts.split('\n')) {
    const [, target, type] = line.split(' ');
    if (type === 'cgroup2' && target !== undefined) return target;
  }
  throw new LabError(
    'The lab needs control groups version 2 (a mount of type cgroup2); this machine has none.',
  );
};

export const cgroupOf = async (lab: string): Promise<string> => join(await findMount(), 'pha-lab', lab);

export const createCgroup = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true });
};

const readOrEmpty = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
};

/** The ids of the processes in this group itself, as this machine numbers them. */
export const processesIn = async (path: string): Promise<number[]> =>
  (await readOrEmpty(join(path, 'cgroup.procs')))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);

const events = async (path: string): Promise<{ populated: boolean; frozen: boolean }> => {
  const text = await readOrEmpty(join(path, 'cgroup.events'));
  return { populated: /^populated 1$/m.test(text), frozen: /^frozen 1$/m.test(text) };
};

export const isPopulated = async (path: string): Promise<boolean> => (await events(path)).populated;

export const isFrozen = async (path: string): Promise<boolean> => (await events(path)).frozen;

const until = async (what: string, done: () => Promise<boolean>, deadlineMs: number): Promise<void> => {
  const end = performance.now() + deadlineMs;
  while (!(await done())) {
    if (performance.now() > end) throw new LabError(`${what} did not happen within ${deadlineMs} ms.`);
    await sleep(5);
  }
};

export const setFrozen = async (path: string, frozen: boolean): Promise<void> => {
  await writeFile(join(path, 'cgroup.freeze'), frozen ? '1' : '0');
  await until(
    `${frozen ? 'Freezing' : 'Thawing'} ${path}`,
    async () => (await isFrozen(path)) === frozen,
    5000,
  );
};

const removeTree = async (path: string): Promise<void> => {
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path);
};

/**
 * Ends every process in the group and below, frozen or not, and returns when none is left.
 * False if there is no such group.
 */
export const endAll = async (path: string): Promise<boolean> => {
  try {
    await writeFile(join(path, 'cgroup.kill'), '1');
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  await until(`The end of all processes in ${path}`, async () => !(await isPopulated(path)), 20_000);
  return true;
};

/** Ends everything in the group and below, and removes it. The group may be missing. */
export const destroyCgroup = async (path: string): Promise<void> => {
  if (!(await endAll(path))) return;
  await removeTree(path);
  // The parent goes with the last lab.
  await rmdir(join(path, '..')).catch(() => undefined);
};
