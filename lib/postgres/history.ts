import { type Lsn, lsnOf, parseLsn, parseTimeline, type Timeline } from './lsn.ts';
import type { Position } from './position.ts';

/** `timeline` ended at `end`: what was written there from `end` on is not part of the history. */
export interface HistoryEntry {
  readonly timeline: Timeline;
  readonly end: Lsn;
}

/** The ancestors of a timeline, oldest first; empty for the first timeline of a cluster. */
export type History = readonly HistoryEntry[];

const parseEntry = (line: string): HistoryEntry | undefined => {
  const [timelineText = '', endText = ''] = line.trim().split(/\s+/);
  const timeline = parseTimeline(timelineText);
  const end = parseLsn(endText);
  return timeline === undefined || end === undefined ? undefined : { timeline, end };
};

const ascends = (entries: History): boolean =>
  entries.every((entry, index) => {
    const next = entries[index + 1];
    return next === undefined || (next.timeline > entry.timeline && next.end >= entry.end);
  });

/**
 * Reads a timeline history file, as pg_wal has it and TIMELINE_HISTORY sends it: one line per ancestor with
 * its number, its end and a reason; `#` begins a comment. Undefined when malformed, also when timelines or
 * positions go backward (readTimeLineHistory() in PostgreSQL refuses the former).
 */
export const parseHistory = (text: string): History | undefined => {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const entries = lines.map(parseEntry).filter((entry) => entry !== undefined);
  return entries.length === lines.length && ascends(entries) ? entries : undefined;
};

/** Where the current timeline came from. */
export const parentOf = (history: History): HistoryEntry | undefined => history.at(-1);

/** Where `timeline` ended in this history; undefined when it is not an ancestor. */
export const endOf = (history: History, timeline: Timeline): Lsn | undefined =>
  history.find((entry) => entry.timeline === timeline)?.end;

/** `diverged`: up to `forkLsn`, on `forkTimeline`, both have the same history, and no further. */
export type Ancestry =
  | { readonly kind: 'prefix' }
  | { readonly kind: 'diverged'; readonly forkTimeline: Timeline; readonly forkLsn: Lsn };

/** A node's place: how far it has replayed or written, and, where known, how it got there. */
export interface NodePlace {
  readonly position: Position;
  /** Ancestors of `position.timeline`. */
  readonly history?: History;
}

export interface PrimaryPlace {
  readonly timeline: Timeline;
  /** Ancestors of `timeline`. */
  readonly history: History;
  /** How far the primary has flushed. Known only by asking it; without it, its end counts as open. */
  readonly flushed?: Lsn;
}

/** A stretch of history on one timeline; `end` is undefined where it is open or not known. */
interface Leg {
  readonly timeline: Timeline;
  readonly end: Lsn | undefined;
}

const START = lsnOf(0n);
const PREFIX: Ancestry = { kind: 'prefix' };

const diverged = (forkTimeline: Timeline, forkLsn: Lsn): Ancestry => ({
  kind: 'diverged',
  forkTimeline,
  forkLsn,
});

const lower = (a: Lsn, b: Lsn | undefined): Lsn => (b === undefined || a <= b ? a : b);

const legsOf = ({ timeline, history, flushed }: PrimaryPlace): readonly Leg[] => [
  ...history,
  { timeline, end: flushed },
];

/**
 * Both ways are known: walk them together. They part where the timelines differ, or where one of them left
 * a timeline earlier than the other did.
 */
const compareLegs = (position: Position, ancestors: History, primary: readonly Leg[]): Ancestry => {
  const mine: readonly HistoryEntry[] = [...ancestors, { timeline: position.timeline, end: position.lsn }];
  let common: HistoryEntry | undefined;
  for (const [index, leg] of mine.entries()) {
    const theirs = primary[index];
    if (theirs?.timeline !== leg.timeline) {
      // A node that has not gone beyond the last common point has nothing of its own yet, but its timeline
      // is one that the primary never was on: it could not follow.
      const forkTimeline = common?.timeline ?? theirs?.timeline ?? leg.timeline;
      return diverged(forkTimeline, common?.end ?? START);
    }
    const isLast = index === mine.length - 1;
    const beyond = theirs.end !== undefined && leg.end > theirs.end;
    if (isLast) return beyond ? diverged(leg.timeline, lower(leg.end, theirs.end)) : PREFIX;
    if (theirs.end !== leg.end || index === primary.length - 1) {
      return diverged(leg.timeline, lower(leg.end, theirs.end));
    }
    common = leg;
  }
  return PREFIX;
};

/**
 * Only the node's timeline and position are known. When that timeline is none of the primary's, the two
 * parted at the newest common ancestor at the latest; the fork that is returned is then an upper bound.
 */
const comparePosition = (position: Position, primary: readonly Leg[]): Ancestry => {
  const leg = primary.find(({ timeline }) => timeline === position.timeline);
  if (leg) {
    const beyond = leg.end !== undefined && position.lsn > leg.end;
    return beyond ? diverged(leg.timeline, lower(position.lsn, leg.end)) : PREFIX;
  }
  const older = primary.filter(({ timeline }) => timeline < position.timeline).at(-1);
  return older
    ? diverged(older.timeline, lower(position.lsn, older.end))
    : diverged(primary[0]?.timeline ?? position.timeline, START);
};

/**
 * Is a node on the past of a primary, so that it can follow it as a standby (design, invariant 4)?
 *
 * - On an ancestor of the primary's timeline: yes up to that timeline's end, inclusive.
 * - On the primary's own timeline: yes up to what the primary has flushed. Beyond that the node holds
 *   log which the primary does not have, and which the primary will write differently. Where `flushed` is not
 *   known this cannot be seen, and the answer is yes.
 * - On any other timeline: no.
 * - The node's own ancestors, where known, must be the primary's with the same ends.
 *
 * `mine.position` is what the node's *data* depends on: replayed, for a standby (received log beyond the
 * fork is thrown away by PostgreSQL itself), and the end of its log for a former primary.
 */
export const compareHistories = (mine: NodePlace, primary: PrimaryPlace): Ancestry =>
  mine.history === undefined
    ? comparePosition(mine.position, legsOf(primary))
    : compareLegs(mine.position, mine.history, legsOf(primary));
