import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT } from './as-user.ts';
import { readTextUnlinked, removeFile } from './files.ts';
import { writeEvenIfFull } from './overwrite.ts';
import { processInfo, signalProcess } from './proc.ts';

/** What is known of a process in the background: enough not to take another one for it. */
interface Recorded {
  readonly pid: number;
  readonly startTicks: bigint;
  /** What it was started for; another purpose needs another process. */
  readonly purpose: string;
}

const FORM = /^(\d+) (\d+) (\S*)$/;

const recordedIn = (file: string): Recorded | undefined => {
  const [, pid, ticks, purpose = ''] = FORM.exec(readTextUnlinked(file)?.trim() ?? '') ?? [];
  return pid === undefined || ticks === undefined
    ? undefined
    : { pid: Number(pid), startTicks: BigInt(ticks), purpose };
};

const running = (file: string): Recorded | undefined => {
  const recorded = recordedIn(file);
  return recorded !== undefined && processInfo(recorded.pid)?.startTicks === recorded.startTicks
    ? recorded
    : undefined;
};

/**
 * Keeps one process in the background for a purpose: starts it unless it runs, and in place of one of another purpose.
 * It is recorded in `file`, in a directory for root alone.
 *
 * @param purpose one word
 * @param stdin a file descriptor that it reads from; nothing without it
 * @returns whether it had to be started
 */
export const keepInBackground = (
  file: string,
  purpose: string,
  command: readonly string[],
  stdin?: number,
): boolean => {
  const now = running(file);
  if (now?.purpose === purpose) return false;
  if (now !== undefined) signalProcess(now.pid, 'SIGTERM');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    stdio: [stdin ?? 'ignore', 'ignore', 'ignore'],
    cwd: '/',
  });
  child.on('error', () => {});
  child.unref();
  const info = child.pid === undefined ? undefined : processInfo(child.pid);
  if (info === undefined) throw new Error(`${program} could not be started in the background`);
  try {
    writeEvenIfFull(file, `${info.pid} ${info.startTicks} ${purpose}\n`, 0o600);
  } catch (error) {
    // Nobody would know of it, and the next call start another.
    signalProcess(info.pid, 'SIGKILL');
    throw error;
  }
  return true;
};

/** Is this process the one that is kept? Not any more, once another one was started in its place or it was to be ended. */
export const isKept = (file: string): boolean => running(file)?.pid === process.pid;

/** What the last one was started for, that nobody has ended; it may have come to its own end since. */
export const lastPurpose = (file: string): string | undefined => recordedIn(file)?.purpose;

/** @param purpose without it, any */
export const runsInBackground = (file: string, purpose?: string): boolean => {
  const now = running(file);
  return now !== undefined && (purpose === undefined || now.purpose === purpose);
};

/** Ends it, if it runs. */
export const endInBackground = (file: string): void => {
  const now = running(file);
  if (now !== undefined) signalProcess(now.pid, 'SIGTERM');
  removeFile(file, ROOT);
};
