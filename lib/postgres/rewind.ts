import type { Deadline } from '../system/clock.ts';
import type { OsUser } from '../system/os-user.ts';
import { describeFailure, type RunOptions, type RunResult, run, succeeded } from '../system/process.ts';
import { toolFailure } from './tool-output.ts';
import type { ToolSource } from './tool-source.ts';
import type { ServerVersion } from './version.ts';

export interface RewindRequest {
  /** Directory of PostgreSQL's programs. */
  readonly binDirectory: string;
  readonly version: ServerVersion;
  readonly pgdata: string;
  /** Owner of the data directory. */
  readonly user: OsUser;
  readonly source: ToolSource;
  readonly deadline: Deadline;
  readonly onLine: (line: string) => void;
  /** Ends what can be ended without harm: never pg_rewind while it writes. */
  readonly interrupted: AbortSignal;
}

export type ToolResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Everything that pg_rewind does, except to write: most of what can go wrong goes wrong here, and harms nothing. */
export const tryRewind = (request: RewindRequest): Promise<ToolResult> =>
  rewindWith(request, ['--dry-run'], { interrupted: request.interrupted });

/**
 * Makes the data directory follow the source. When it fails, or is broken off, the directory is neither what it was nor
 * what it should become, and cannot be used for anything.
 */
export const rewind = (request: RewindRequest): Promise<ToolResult> => rewindWith(request, [], {});

const rewindWith = async (
  request: RewindRequest,
  options: readonly string[],
  interruption: Pick<RunOptions, 'interrupted'>,
): Promise<ToolResult> => {
  const { binDirectory, version, pgdata, user, source, deadline, onLine } = request;
  const args = [
    `--target-pgdata=${pgdata}`,
    `--source-server=${source.conninfo}`,
    '--progress',
    // A crashed server is recovered by recoverAlone(), which knows where its configuration is.
    ...(version.major >= 13 ? ['--no-ensure-shutdown'] : []),
    ...options,
  ];
  const runOptions = { user, deadline, onLine, env: source.env, ...interruption };
  return judged(await run(`${binDirectory}/pg_rewind`, args, runOptions));
};

export const judged = (result: RunResult): ToolResult => {
  if (succeeded(result)) return { ok: true };
  const said = toolFailure(`${result.stdout}\n${result.stderr}`);
  const hasEnded = result.exitCode !== undefined && !result.timedOut && !result.notFound && said !== '';
  return { ok: false, reason: hasEnded ? `${result.command}: ${said}` : describeFailure(result) };
};

export interface RecoverRequest {
  readonly binDirectory: string;
  readonly pgdata: string;
  readonly configFile: string;
  readonly user: OsUser;
  readonly deadline: Deadline;
  readonly interrupted: AbortSignal;
  /** It has looked for the signal files; no other server can start on the data until it ends. */
  readonly onBegun: () => void;
}

/** Logged after the signal files were read, and after postmaster.pid was written (xlogrecovery.c). */
const BEGUN = /automatic recovery in progress/;

/**
 * Crash recovery of a server that nobody can connect to (`postgres --single`), after which it is shut down cleanly. With
 * fsync: it can be broken off at any moment and run again. There must be no standby.signal when it begins, since a
 * single-user server cannot be a standby.
 */
export const recoverAlone = async (request: RecoverRequest): Promise<ToolResult> => {
  const { binDirectory, pgdata, configFile, user, deadline, interrupted, onBegun } = request;
  const args = [
    '--single',
    '-D',
    pgdata,
    ...['-c', `config_file=${configFile}`, '-c', 'synchronous_standby_names=', '-c', 'logging_collector=off'],
    ...['-c', 'log_min_messages=log', '-c', 'lc_messages=C'],
    'template1',
  ];
  const onLine = (line: string): void => {
    if (BEGUN.test(line)) onBegun();
  };
  const options = { user, deadline, interrupted, onLine, cwd: '/' };
  return judged(await run(`${binDirectory}/postgres`, args, options));
};
