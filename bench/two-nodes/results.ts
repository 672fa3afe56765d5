/** The file that all runs add to: one line for each time that a case was played (pure). */
export interface Versions {
  /** of this repository */
  readonly commit: string;
  readonly postgres: string;
  readonly pacemaker: string;
  readonly corosync: string;
  readonly kernel: string;
}

export interface Played {
  readonly id: string;
  /** UTC, to the minute */
  readonly at: string;
  readonly versions: Versions;
  /** who wrote when that was decided, and for how long at most nobody did until then */
  readonly writer: 'P' | 'S' | 'nobody';
  readonly gapMs: number;
  /** the longest time without a write of a client that uses the write VIP, to the very end */
  readonly clientGapMs: number;
  readonly primary: 'P' | 'S';
  /** the command that the node's failed start named, which was run there */
  readonly repair?: string;
  /** acknowledged writes, of the client and of the writers inside the nodes, and how many of them were gone in the end */
  readonly rows: number;
  readonly lost: number;
  readonly overlaps: readonly string[];
  /** why it did not come to its end */
  readonly failure?: string;
  /** by hand, of a fault: where it came from, and what has become of it. A result is never taken out of the file. */
  readonly explanation?: string;
}

export const isFault = ({ lost, overlaps, failure }: Played): boolean =>
  lost > 0 || overlaps.length > 0 || failure !== undefined;

export const formatResults = (played: readonly Played[]): string =>
  `[\n${played.map((each) => JSON.stringify(each)).join(',\n')}\n]\n`;

/** @throws Error for a file that is not one of these */
export const parseResults = (text: string): readonly Played[] => {
  const raw: unknown = JSON.parse(text);
  if (Array.isArray(raw) && raw.every(isPlayed)) return raw;
  throw new Error('it holds no results');
};

const TEXTS = ['id', 'at', 'writer', 'primary'];
const NUMBERS = ['gapMs', 'clientGapMs', 'rows', 'lost'];

const isPlayed = (raw: unknown): raw is Played => {
  if (typeof raw !== 'object' || raw === null) return false;
  const entries = new Map<string, unknown>(Object.entries(raw));
  return (
    TEXTS.every((name) => typeof entries.get(name) === 'string') &&
    NUMBERS.every((name) => typeof entries.get(name) === 'number') &&
    typeof entries.get('versions') === 'object' &&
    Array.isArray(entries.get('overlaps'))
  );
};
