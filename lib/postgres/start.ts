import { type Deadline, deadlineIn, earlier, sleep } from '../system/clock.ts';
import type { OsUser } from '../system/os-user.ts';
import { processesWithCwd, processInfo } from '../system/proc.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { removeStaleLockFiles } from './lock-files.ts';
import { findPostmaster } from './process.ts';
import { shellQuote, shellWords } from './shell-words.ts';
import { type LogEnds, linesSince, logEnds, startupFailureHint } from './startup-log.ts';

export interface StartRequest {
  readonly pgctl: string;
  readonly pgdata: string;
  readonly user: OsUser;
  readonly logfile: string;
  readonly deadline: Deadline;
  /** Configuration file; needs to be given only when it is not in the data directory. */
  readonly config?: string;
  readonly port?: number;
  readonly socketDirectory?: string;
  /** Addresses to listen on. */
  readonly listenAddresses?: string;
  /** Further options for the server, in the syntax of a shell, as `pg_ctl -o` takes them. */
  readonly startOptions?: string;
  /** Further options for pg_ctl, in the syntax of a shell. */
  readonly ctlOptions?: string;
  /** Directories of shared libraries. */
  readonly pglibs?: string;
  readonly log?: (sentence: string) => void;
}

export type StartResult =
  | { readonly ok: true; readonly pid: number }
  | { readonly ok: false; readonly reason: string };

const POLL_MS = 20;

/** Reading the configuration and taking the lock file; recovery comes later and is not waited for. */
const LOCK_FILE_WITHIN_MS = 10_000;

/** pg_ctl puts these between double quotes of a shell without escaping them. */
const BREAKS_OUT_OF_QUOTES = /["`$\\\n]/;

/** The server's own command line options, each quoted, and the administrator's as they are. */
export const serverOptions = (request: StartRequest): string => {
  const { pgdata, config, port, socketDirectory, listenAddresses, startOptions } = request;
  const isElsewhere = config !== undefined && config !== `${pgdata}/postgresql.conf`;
  const words = [
    ...(isElsewhere ? ['-c', `config_file=${config}`] : []),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(socketDirectory ? ['-k', socketDirectory] : []),
    ...(listenAddresses ? ['-h', listenAddresses] : []),
  ];
  return [...words.map(shellQuote), ...(startOptions?.trim() ? [startOptions.trim()] : [])].join(' ');
};

const libraryPath = (pglibs: string | undefined): Readonly<Record<string, string>> => {
  const directories = [pglibs, process.env.LD_LIBRARY_PATH].filter(Boolean);
  return pglibs ? { LD_LIBRARY_PATH: directories.join(':') } : {};
};

const failed = (request: StartRequest, before: LogEnds, reason: string): StartResult => {
  const hint = startupFailureHint(linesSince(before, request));
  return { ok: false, reason: hint === undefined ? reason : `${reason}: ${hint}` };
};

/** pg_ctl's child begins in the data directory as a shell. A shell that somebody left open there is older. */
const isComing = (pgdata: string): boolean => {
  const own = processInfo(process.pid)?.startTicks ?? 0n;
  return processesWithCwd(pgdata).some(({ startTicks }) => startTicks >= own);
};

/**
 * pg_ctl with -W returns when it has forked. The server is there once it has its lock file; it has failed
 * when none of the processes is left that began in the data directory.
 */
const waitForLockFile = async (request: StartRequest, before: LogEnds): Promise<StartResult> => {
  const deadline = earlier(request.deadline, deadlineIn(LOCK_FILE_WITHIN_MS));
  for (;;) {
    const postmaster = findPostmaster(request.pgdata);
    if (postmaster?.port !== undefined || (postmaster && deadline.expired()))
      return { ok: true, pid: postmaster.pid };
    if (!postmaster && !isComing(request.pgdata) && !findPostmaster(request.pgdata)) {
      return failed(request, before, 'PostgreSQL ended while it was starting');
    }
    if (deadline.expired()) return failed(request, before, 'PostgreSQL has not come up in time');
    await sleep(POLL_MS);
  }
};

/**
 * Starts a server with pg_ctl and returns as soon as it owns its data directory; whether it answers is for
 * the caller to ask. Nothing of this process is inherited that would keep a pipe of it open.
 */
export const startServer = async (request: StartRequest): Promise<StartResult> => {
  const { pgctl, pgdata, user, logfile, deadline } = request;
  if (BREAKS_OUT_OF_QUOTES.test(pgdata + logfile)) {
    return { ok: false, reason: 'pg_ctl cannot handle the quotes in the names of pgdata and logfile' };
  }
  const ctlOptions = shellWords(request.ctlOptions ?? '');
  if (ctlOptions === undefined) return { ok: false, reason: 'a quote in ctl_opt is not closed' };
  removeStaleLockFiles({ ...request, log: request.log ?? (() => {}) });
  const before = logEnds(request);
  const options = serverOptions(request);
  const args = [
    'start',
    '-W',
    '-D',
    pgdata,
    '-l',
    logfile,
    ...(options ? ['-o', options] : []),
    ...ctlOptions,
  ];
  const result = await run(pgctl, args, {
    deadline,
    user,
    cwd: pgdata,
    env: libraryPath(request.pglibs),
    childrenOnTimeout: 'keep',
  });
  return succeeded(result)
    ? waitForLockFile(request, before)
    : failed(request, before, describeFailure(result));
};
