import { existsSync } from 'node:fs';
import {
  DEFAULT_DATE_FORMAT,
  debugFileLine,
  exitReasonLine,
  fileLine,
  formatDate,
  type LogEntry,
  messageOf,
  type Severity,
  syslogLine,
} from './log-lines.ts';
import type { Environment } from './parse.ts';
import { appendQuietly, isTerminal, writeFully } from './write.ts';

/** Each takes one sentence. `debug` is dropped unless Pacemaker runs with debug logging. */
export interface Logger {
  readonly debug: (sentence: string) => void;
  readonly info: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
  readonly error: (sentence: string) => void;
}

export interface CallLog extends Logger {
  /** why the call ends as it does: to the executor by standard error, and to the logs as an error */
  readonly exitReason: (reason: string) => void;
  /** hands what is for syslog over; the process may end afterwards */
  readonly flush: () => Promise<void>;
}

/** Where log lines go. Pacemaker's executor sets HA_LOGFACILITY, HA_LOGFILE and HA_DEBUGLOG from its own settings. */
export interface LogTargets {
  readonly facility: string | undefined;
  readonly file: string | undefined;
  readonly debugFile: string | undefined;
  readonly debug: boolean;
  readonly dateFormat: string;
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
/** Settings such as `none` are no file. */
const logFile = (text: string | undefined): string | undefined =>
  text?.startsWith('/') && text !== '/dev/null' ? text : undefined;

export const logTargets = (env: Environment): LogTargets => ({
  facility: env.HA_LOGFACILITY === 'none' ? undefined : nonEmpty(env.HA_LOGFACILITY),
  file: logFile(env.HA_LOGFILE),
  debugFile: logFile(env.HA_DEBUGLOG),
  debug: env.HA_debug !== undefined && env.HA_debug !== '' && env.HA_debug !== '0',
  dateFormat: nonEmpty(env.HA_DATEFMT) ?? DEFAULT_DATE_FORMAT,
});

export interface LogOptions {
  readonly env: Environment;
  /** `pgsql(pgsql)[4711]` */
  readonly tag: string;
  /** called once at the end with the lines for syslog, if there is anything above debug */
  readonly sendToSyslog?: (tag: string, lines: string) => Promise<void>;
}

/** Without a syslog socket (a container, a test) logger(1) would have nowhere to write to. */
const sendWithLogger = async (tag: string, lines: string): Promise<void> => {
  if (!existsSync('/dev/log')) return;
  // Only calls that have something to say pay for loading it.
  const { spawnSync } = await import('node:child_process');
  spawnSync('logger', ['--prio-prefix', '-t', tag], {
    input: lines,
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: 1000,
  });
};

/**
 * Logs as ocf_log does (resource-agents, ocf-shellfuncs): to HA_LOGFILE and HA_DEBUGLOG at once, to the syslog
 * facility HA_LOGFACILITY in one go at the end, and to standard error on a terminal or when there is neither.
 * The old logd (HA_LOGD) is not served: Pacemaker has not used it since 1.1.8.
 */
export const openLog = ({ env, tag, sendToSyslog = sendWithLogger }: LogOptions): CallLog => {
  const targets = logTargets(env);
  const toStandardError = targets.facility === undefined && targets.file === undefined;
  const forSyslog: string[] = [];
  let worthSending = false;

  const write = (entry: LogEntry, standardErrorToo: boolean): void => {
    const isDebug = entry.severity === 'debug';
    if (isDebug && !targets.debug) return;
    const date = formatDate(targets.dateFormat, new Date());
    if (standardErrorToo && isTerminal(0)) writeFully(2, `${tag}: ${messageOf(entry)}\n`);
    else if (standardErrorToo && toStandardError) writeFully(2, `${date}${messageOf(entry)}\n`);
    if (targets.file !== undefined && !isDebug) appendQuietly(targets.file, fileLine(tag, date, entry));
    if (targets.debugFile !== undefined && (isDebug || targets.debugFile !== targets.file)) {
      appendQuietly(targets.debugFile, debugFileLine(tag, date, entry));
    }
    if (targets.facility !== undefined) {
      forSyslog.push(syslogLine(targets.facility, entry));
      worthSending ||= !isDebug;
    }
  };
  const at = (severity: Severity) => (sentence: string) => write({ severity, sentence }, true);

  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    exitReason: (reason) => {
      writeFully(2, exitReasonLine(env.OCF_EXIT_REASON_PREFIX, reason));
      write({ severity: 'error', sentence: reason }, false);
    },
    flush: async () => {
      const lines = worthSending ? forSyslog.join('') : '';
      forSyslog.length = 0;
      worthSending = false;
      if (lines !== '') await sendToSyslog(tag, lines);
    },
  };
};
