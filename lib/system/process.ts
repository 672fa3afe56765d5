import { basename } from 'node:path';
import { execa } from 'execa';
import { type Deadline, onExpiry } from './clock.ts';
import { environmentFor } from './environment.ts';
import type { OsUser } from './os-user.ts';
import { allPids, processInfo, signalProcess } from './proc.ts';
import { type RunResult, unstarted } from './run-result.ts';

export { describeFailure, type RunResult, succeeded } from './run-result.ts';

export interface RunOptions {
  readonly deadline: Deadline;
  readonly input?: string;
  /** Added to the environment; nothing is taken away by it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Run as this user, with all of the user's groups and home. */
  readonly user?: OsUser;
  /** As it is, or `/` for another user. */
  readonly cwd?: string;
  /**
   * What a command that ran out of time leaves behind: `end` (default) ends its children too; `keep` spares
   * them, for commands whose purpose is to start something.
   */
  readonly childrenOnTimeout?: 'end' | 'keep';
  /**
   * For long work: each line of output as it comes, also of one that is rewritten in place (`\r`). Such a command is out
   * of reach of Ctrl-C, which is the caller's to heed, and is killed by the kernel when this process is gone.
   */
  readonly onLine?: (line: string) => void;
  /** Ends the command at once when it is aborted, as a signal would. */
  readonly interrupted?: AbortSignal;
}

/** Full path: the PATH of a cluster manager is short. */
const SETPRIV = '/usr/bin/setpriv';

/** How long to listen on after the command itself is gone: a child may hold its output open for ever. */
const OUTPUT_GRACE_MS = 100;

/** How long a killed process gets to disappear; one that waits for a dead disk does not. */
const KILL_GRACE_MS = 500;

/** As in execa, but an agent's commands print little, and memory is not the place for their mistakes. */
const LARGEST_OUTPUT_BYTES = 32 * 1024 * 1024;

const descendantsOf = (root: number): number[] => {
  const childrenOf = new Map<number, number[]>();
  for (const pid of allPids()) {
    const ppid = processInfo(pid)?.ppid;
    if (ppid !== undefined) childrenOf.set(ppid, [...(childrenOf.get(ppid) ?? []), pid]);
  }
  const collect = (pid: number): number[] =>
    (childrenOf.get(pid) ?? []).flatMap((child) => [child, ...collect(child)]);
  return collect(root);
};

const endProcess = (pid: number, children: 'end' | 'keep'): void => {
  const pids = [pid, ...(children === 'end' ? descendantsOf(pid) : [])];
  for (const each of pids) {
    try {
      signalProcess(each, 'SIGKILL');
    } catch {
      // A child under another user's id, and this process is not root: not ours to end.
    }
  }
};

/** setpriv replaces itself by the command, so that the process id is the command's own. */
const commandFor = (
  file: string,
  args: readonly string[],
  { user, onLine }: RunOptions,
): [string, string[]] => {
  const identity =
    user === undefined || process.geteuid?.() === user.uid
      ? []
      : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
  const words = [...identity, ...(onLine === undefined ? [] : ['--pdeathsig=KILL'])];
  return words.length === 0 ? [file, [...args]] : [SETPRIV, [...words, '--', file, ...args]];
};

interface Outputs {
  readonly stdout: { destroy(): unknown } | null | undefined;
  readonly stderr: { destroy(): unknown } | null | undefined;
}

const closeOutput = (subprocess: Outputs): void => {
  subprocess.stdout?.destroy();
  subprocess.stderr?.destroy();
};

/** `SETPRIV: failed to execute FILE: …` and status 127, as a shell has it, when FILE does not exist. */
const setprivFoundNothing = (exitCode: number | undefined, stderr: string): boolean =>
  exitCode === 127 && /^setpriv: failed to execute /m.test(stderr);

/**
 * Runs a command to its end, or to the deadline, when it is killed together with its children. Never
 * rejects, and never waits for output that a surviving child holds open. Messages are English (LC_ALL=C).
 */
export const run = async (file: string, args: readonly string[], options: RunOptions): Promise<RunResult> => {
  const command = basename(file);
  if (options.deadline.expired())
    return { ...unstarted(command, 'no time left to start it', false), timedOut: true };
  try {
    return await runToTheEnd(command, commandFor(file, args, options), options);
  } catch (error) {
    return unstarted(command, error instanceof Error ? error.message : String(error), false);
  }
};

/** Another user may not be allowed into root's directory, which some programs of PostgreSQL cannot bear. */
const workingDirectory = ({ cwd, user }: RunOptions): { cwd?: string } => {
  if (cwd !== undefined) return { cwd };
  return user === undefined ? {} : { cwd: '/' };
};

/** A line ends at a line feed, or where the next one is written over it. */
const tellLines = (
  output: NodeJS.ReadableStream | null | undefined,
  onLine: (line: string) => void,
): void => {
  let rest = '';
  output?.on('data', (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  output?.once('end', () => {
    if (rest !== '') onLine(rest);
  });
};

const runToTheEnd = async (
  command: string,
  [file, args]: [string, string[]],
  options: RunOptions,
): Promise<RunResult> => {
  const subprocess = execa(file, args, {
    reject: false,
    extendEnv: false,
    env: { ...environmentFor(process.env, options.user), ...options.env, LC_ALL: 'C' },
    maxBuffer: LARGEST_OUTPUT_BYTES,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.onLine === undefined ? {} : { detached: true }),
    ...workingDirectory(options),
  });
  if (options.onLine !== undefined) {
    for (const output of [subprocess.stdout, subprocess.stderr]) tellLines(output, options.onLine);
  }
  const interrupt = (): void => {
    if (subprocess.pid !== undefined) endProcess(subprocess.pid, 'end');
  };
  options.interrupted?.addEventListener('abort', interrupt);
  if (options.interrupted?.aborted) interrupt();
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const gaveUp = new Promise<undefined>((resolve) => {
    const cancel = onExpiry(options.deadline, () => {
      timedOut = true;
      if (subprocess.pid !== undefined) endProcess(subprocess.pid, options.childrenOnTimeout ?? 'end');
      timers.push(setTimeout(() => resolve(undefined), KILL_GRACE_MS));
    });
    subprocess.once('exit', () => {
      cancel();
      timers.push(setTimeout(() => closeOutput(subprocess), OUTPUT_GRACE_MS));
    });
    subprocess.once('error', cancel);
  });
  const result = await Promise.race([subprocess, gaveUp]);
  for (const timer of timers) clearTimeout(timer);
  options.interrupted?.removeEventListener('abort', interrupt);
  if (result === undefined) {
    closeOutput(subprocess);
    subprocess.unref();
    return { ...unstarted(command, 'it does not end', false), timedOut };
  }
  const stderr = String(result.stderr ?? '');
  const startError =
    result.exitCode === undefined && result.signal === undefined ? result.originalMessage : undefined;
  const lacksDirectory = startError?.startsWith('The "cwd" option') ?? false;
  return {
    command,
    exitCode: result.exitCode,
    signal: result.signal,
    timedOut,
    stdout: String(result.stdout ?? ''),
    stderr,
    notFound: (result.code === 'ENOENT' && !lacksDirectory) || setprivFoundNothing(result.exitCode, stderr),
    ...(startError === undefined ? {} : { startError }),
  };
};
