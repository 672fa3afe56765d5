/** The lines that ocf_log of resource-agents (ocf-shellfuncs) writes. Pure. */

export type Severity = 'debug' | 'info' | 'warn' | 'error';

/** The words and syslog levels of ocf_log and __ha_log. */
const WORDS: Readonly<Record<Severity, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};
const LEVELS: Readonly<Record<Severity, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

const FACILITIES: readonly string[] = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'security',
  'console',
  'solaris-cron',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
]; // prettier-ignore: the index is the code (RFC 5424, table 1)

/** @returns RFC 5424 facility code; `daemon` for a name that is none */
export const facilityCode = (name: string): number => {
  const code = FACILITIES.indexOf(name.toLowerCase());
  return code === -1 ? FACILITIES.indexOf('daemon') : code;
};

export interface LogEntry {
  readonly severity: Severity;
  readonly sentence: string;
}

/** One line, whatever is in it: line breaks and tabs become blanks, other control characters `?`. */
export const oneLine = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

export const messageOf = (entry: LogEntry): string => `${WORDS[entry.severity]}: ${oneLine(entry.sentence)}`;

/** `pgsql(pgsql)[4711]` */
export const logTag = (agent: string, instance: string, pid: number): string =>
  `${agent}(${instance})[${pid}]`;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number, fill = '0'): string => String(value).padStart(2, fill);

/** Local time in the format of date(1), as HA_DATEFMT gives it; a conversion that is not known stays as it is. */
export const formatDate = (format: string, date: Date): string => {
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const month = MONTHS[date.getMonth()] ?? '';
  const conversions: Readonly<Record<string, string>> = {
    b: month,
    h: month,
    d: two(date.getDate()),
    e: two(date.getDate(), ' '),
    m: two(date.getMonth() + 1),
    y: two(date.getFullYear() % 100),
    Y: String(date.getFullYear()),
    H: two(date.getHours()),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    T: time,
    F: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    '%': '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) => conversions[letter] ?? whole);
};

export const DEFAULT_DATE_FORMAT = '%b %d %T ';

/** A line of HA_LOGFILE; the blanks are those of __ha_log. */
export const fileLine = (tag: string, date: string, entry: LogEntry): string =>
  `${date} ${tag}:    ${messageOf(entry)}\n`;

/** A line of HA_DEBUGLOG. */
export const debugFileLine = (tag: string, date: string, entry: LogEntry): string =>
  `${tag}:\t${date}${messageOf(entry)}\n`;

/** A line for `logger --prio-prefix`. */
export const syslogLine = (facility: string, entry: LogEntry): string =>
  `<${facilityCode(facility) * 8 + LEVELS[entry.severity]}>${messageOf(entry)}\n`;

/** Pacemaker keeps no more of an exit reason than this (EXIT_REASON_MAX_LEN), so the essence comes first. */
export const EXIT_REASON_SHOWN = 128;
const EXIT_REASON_MAX = 1000;
const DEFAULT_PREFIX = 'ocf-exit-reason:';

/**
 * The line on standard error from which Pacemaker takes the reason of a result. One line of plain ASCII, since a
 * character that Pacemaker cuts in two would make its XML invalid.
 */
export const exitReasonLine = (prefix: string | undefined, reason: string): string => {
  const text = oneLine(reason).replace(/[^\u0020-\u007e]/gu, '?');
  const short = text.length > EXIT_REASON_MAX ? `${text.slice(0, EXIT_REASON_MAX - 3)}...` : text;
  return `${prefix || DEFAULT_PREFIX}${short}\n`;
};
