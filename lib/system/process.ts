import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { onExit } from 'signal-exit';
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

/** An agent's commands print little, and memory is not the place for their mistakes. */
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

const closeAll = ({ stdin, stdout, stderr }: ChildProcess): void => {
  for (const stream of [stdin, stdout, stderr]) stream?.destroy();
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
  // A character may come in two parts.
  const decoder = new StringDecoder();
  let rest = '';
  output?.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  output?.once('close', () => {
    if (rest !== '') onLine(rest);
  });
};

/** All that a stream says. @param tooMuch called once, when that is more than anybody should keep */
const listenTo = (output: NodeJS.ReadableStream | null, tooMuch: () => void): (() => string) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  output?.on('data', (chunk: Buffer) => {
    const before = bytes;
    bytes += chunk.length;
    if (bytes <= LARGEST_OUTPUT_BYTES) chunks.push(chunk);
    else if (before <= LARGEST_OUTPUT_BYTES) tooMuch();
  });
  output?.on('error', () => {});
  return () => Buffer.concat(chunks).toString();
};

/** Those that are not out of reach end with this process, also when a signal ends it. */
const reachable = new Set<ChildProcess>();
let isPrepared = false;

const endWithUs = (child: ChildProcess): void => {
  reachable.add(child);
  if (isPrepared) return;
  isPrepared = true;
  onExit(() => {
    for (const each of reachable) each.kill();
  });
};

interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly startError?: NodeJS.ErrnoException;
}

/** With all that was said: its outputs are closed, too. */
const endOf = (child: ChildProcess): Promise<Ending> =>
  new Promise((resolve) => {
    child.once('error', (startError) => resolve({ startError }));
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });

/**
 * Not with execa, which takes 10 to 20 ms at an agent's first command, before that is even started, and for each twice as long as this: when
 * a primary is lost, writes wait for a dozen of them, and monitors take the processor from the database for ever.
 */
const runToTheEnd = async (
  command: string,
  [file, args]: [string, string[]],
  options: RunOptions,
): Promise<RunResult> => {
  const place = workingDirectory(options);
  const child = spawn(file, args, {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...environmentFor(process.env, options.user), ...options.env, LC_ALL: 'C' },
    detached: options.onLine !== undefined,
    ...place,
  });
  if (options.onLine === undefined) endWithUs(child);
  else for (const output of [child.stdout, child.stderr]) tellLines(output, options.onLine);
  const ended = endOf(child);
  let isTooMuch = false;
  /** It may be gone already, and its number be another's. */
  const end = (children: 'end' | 'keep'): void => {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    if (child.pid !== undefined && !isOver) endProcess(child.pid, children);
  };
  const tooMuch = (): void => {
    isTooMuch = true;
    end(options.childrenOnTimeout ?? 'end');
  };
  const stdout = listenTo(child.stdout, tooMuch);
  const stderr = listenTo(child.stderr, tooMuch);
  // One that ends before it has read all of it says itself what is wrong.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const interrupt = (): void => end('end');
  options.interrupted?.addEventListener('abort', interrupt);
  if (options.interrupted?.aborted) interrupt();
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const gaveUp = new Promise<undefined>((resolve) => {
    const cancel = onExpiry(options.deadline, () => {
      timedOut = true;
      end(options.childrenOnTimeout ?? 'end');
      timers.push(setTimeout(() => resolve(undefined), KILL_GRACE_MS));
    });
    child.once('exit', () => {
      cancel();
      timers.push(setTimeout(() => closeAll(child), OUTPUT_GRACE_MS));
    });
    child.once('error', cancel);
  });
  const result = await Promise.race([ended, gaveUp]);
  reachable.delete(child);
  for (const timer of timers) clearTimeout(timer);
  options.interrupted?.removeEventListener('abort', interrupt);
  if (result === undefined) {
    closeAll(child);
    child.unref();
    return { ...unstarted(command, 'it does not end', false), timedOut };
  }
  const { exitCode, signal, startError } = result;
  if (startError !== undefined) {
    const lacksDirectory = place.cwd !== undefined && !existsSync(place.cwd);
    return lacksDirectory
      ? unstarted(command, `there is no directory ${place.cwd}`, false)
      : unstarted(command, startError.message, startError.code === 'ENOENT');
  }
  if (isTooMuch) return unstarted(command, `it has said more than ${LARGEST_OUTPUT_BYTES >> 20} MiB`, false);
  const said = stderr();
  const notFound = setprivFoundNothing(exitCode, said);
  return { command, exitCode, signal, timedOut, stdout: stdout(), stderr: said, notFound };
};
