/** What Pacemaker's logs tell of a takeover (pure). */
import { MARKS, type Mark } from './plays.ts';

interface LogEvent {
  readonly atMs: number;
  readonly kind: Mark['kind'];
}

/** For grep on a node: all lines that `marksOf` can use, and not much else. */
export const LINES_OF_INTEREST = 'Requesting local execution of|Result of .* operation for|state is now lost';

const STAMP = /^([A-Z][a-z]{2} [ \d]\d) (\d\d:\d\d:\d\d\.\d{3}) /;
const LOST = /Node (\S+) state is now lost/;
const REQUEST = /Requesting local execution of (\w+) operation for (\S+) on /;
const RESULT = /Result of (\w+) operation for (\S+) on \S+: (.+?) \|/;

const kindOf = (line: string, primary: string): Mark['kind'] | undefined => {
  if (LOST.exec(line)?.[1] === primary) return 'node-lost';
  const [, asked = '', of] = REQUEST.exec(line) ?? [];
  if (of === 'pgsql' && (asked === 'promote' || asked === 'demote')) return asked;
  const [, done = '', resource, outcome = ''] = RESULT.exec(line) ?? [];
  if (resource === 'vip-master' && done === 'start' && outcome === 'ok') return 'vip';
  if (resource !== 'pgsql') return undefined;
  if (done === 'promote' && outcome === 'ok') return 'promoted';
  // asyncmon: a failure that was reported to Pacemaker, not found by it.
  const isHealthy = ['ok', 'promoted', 'Cancelled'].includes(outcome);
  return (done === 'monitor' || done === 'asyncmon') && !isHealthy ? 'noticed' : undefined;
};

const parse = (line: string, primary: string, year: number): LogEvent | undefined => {
  const [, day, time] = STAMP.exec(line) ?? [];
  const kind = kindOf(line, primary);
  // Both clocks are this machine's, and so is the zone.
  return day === undefined || kind === undefined
    ? undefined
    : { atMs: Date.parse(`${day} ${year} ${time}`), kind };
};

/**
 * The first of each kind after the fault.
 *
 * @param lines of Pacemaker's logs, of any nodes in any order
 * @param primary which had the fault
 * @param faultAtMs by the wall clock
 */
export const marksOf = (lines: readonly string[], primary: string, faultAtMs: number): Mark[] => {
  const year = new Date(faultAtMs).getFullYear();
  const events = lines
    .flatMap((line) => parse(line, primary, year) ?? [])
    .filter(({ atMs }) => atMs >= faultAtMs);
  return MARKS.flatMap((kind): Mark[] => {
    const times = events.filter((event) => event.kind === kind).map(({ atMs }) => atMs - faultAtMs);
    return times.length === 0 ? [] : [{ kind, atMs: Math.min(...times) }];
  }).sort((left, right) => left.atMs - right.atMs);
};
