import { type Lsn, lsnOf, parseTimeline, type Timeline } from './lsn.ts';

/** One file of the write-ahead log. */
export interface WalSegment {
  readonly timeline: Timeline;
  /** Counted from the beginning of the log. */
  readonly number: bigint;
}

/** `000000020000000000000005` in a directory with segments of that size. Undefined for every other name. */
export const parseSegmentName = (name: string, walSegmentBytes: number): WalSegment | undefined => {
  const [, tli, log, seg] = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name) ?? [];
  if (tli === undefined || log === undefined || seg === undefined || walSegmentBytes <= 0) return undefined;
  const segmentsPerLog = (1n << 32n) / BigInt(walSegmentBytes);
  const timeline = Number.parseInt(tli, 16);
  const number = BigInt(`0x${log}`) * segmentsPerLog + BigInt(`0x${seg}`);
  return timeline === 0 || BigInt(`0x${seg}`) >= segmentsPerLog ? undefined : { timeline, number };
};

/** `00000003.history` is the history of timeline 3. */
export const parseHistoryFileName = (name: string): Timeline | undefined => {
  const [, hexadecimal] = /^([0-9A-F]{8})\.history$/.exec(name) ?? [];
  return hexadecimal === undefined ? undefined : parseTimeline(String(Number.parseInt(hexadecimal, 16)));
};

export const historyFileName = (timeline: Timeline): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;

/**
 * The segments of the timelines whose history the directory has, as PostgreSQL has it of every timeline that it follows.
 * Newer versions of pg_rewind keep segments of the timeline that was given up ("Not removing file … because it is required
 * for recovery"), but remove that timeline's history: such a segment is no witness of where the data are.
 *
 * @param names all files of the directory
 */
export const segmentsOfKnownTimelines = (names: readonly string[]): readonly string[] => {
  const isThere = new Set(names);
  return names.filter((name) => {
    if (!/^[0-9A-F]{24}$/.test(name)) return false;
    const timeline = Number.parseInt(name.slice(0, 8), 16);
    return timeline === 1 || isThere.has(historyFileName(timeline));
  });
};

/**
 * The largest timeline for which there is the segment that holds `lsn`. A position at the beginning of a
 * segment is also the end of the segment before, and the next one need not exist yet: both count.
 */
export const newestTimelineOf = (
  lsn: Lsn,
  segmentFileNames: readonly string[],
  walSegmentBytes: number,
): Timeline | undefined => {
  if (walSegmentBytes <= 0) return undefined;
  const bytes = BigInt(walSegmentBytes);
  const holds = (number: bigint): boolean =>
    number === lsn / bytes || (lsn % bytes === 0n && lsn > 0n && number === lsn / bytes - 1n);
  const timelines = segmentFileNames.flatMap((name) => {
    const segment = parseSegmentName(name, walSegmentBytes);
    return segment && holds(segment.number) ? [segment.timeline] : [];
  });
  return timelines.length === 0 ? undefined : Math.max(...timelines);
};

/**
 * Has WAL been written to this segment? One that was made or recycled ahead has the right name, but in the header of its
 * first page (xlp_pageaddr) no position, or the one of its last life.
 *
 * @param head the first bytes of the file
 */
export const isBegun = (name: string, head: Uint8Array, walSegmentBytes: number): boolean => {
  const segment = parseSegmentName(name, walSegmentBytes);
  if (segment === undefined || head.length < SEGMENT_HEAD_BYTES) return false;
  const begin = segment.number * BigInt(walSegmentBytes);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  // In the machine's own byte order.
  return [true, false].some((isLittle) => view.getBigUint64(8, isLittle) === begin);
};

export const SEGMENT_HEAD_BYTES = 16;

/** The first position after the newest segment: no position in this directory is larger. */
export const endOfNewestSegment = (
  segmentFileNames: readonly string[],
  walSegmentBytes: number,
): Lsn | undefined => {
  const numbers = segmentFileNames.flatMap((name) => parseSegmentName(name, walSegmentBytes)?.number ?? []);
  if (numbers.length === 0) return undefined;
  let newest = 0n;
  for (const number of numbers) if (number > newest) newest = number;
  return lsnOf((newest + 1n) * BigInt(walSegmentBytes));
};
