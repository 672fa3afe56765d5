/** A byte position in the write-ahead log. */
export type Lsn = bigint & { readonly __brand: 'Lsn' };

/** Number of a timeline: 1 for a new cluster, one more with each promotion. */
export type Timeline = number;

const LARGEST = (1n << 64n) - 1n;

/** The position at that many bytes. Throws outside 64 bits: positions are computed, never guessed. */
export const lsnOf = (bytes: bigint): Lsn => {
  if (bytes < 0n || bytes > LARGEST) throw new RangeError(`not a position in the log: ${bytes}`);
  return bytes as Lsn;
};

/** PostgreSQL's own notation, two hexadecimal halves: `0/50001B0`. Undefined when it is anything else. */
export const parseLsn = (text: string): Lsn | undefined => {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return lsnOf((BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`));
};

const hex = (value: bigint): string => value.toString(16).toUpperCase();

export const formatLsn = (lsn: Lsn): string => `${hex(lsn >> 32n)}/${hex(lsn & 0xffffffffn)}`;

/** The notation of the cluster's attributes, 16 hexadecimal digits: `00000000050001B0`. */
export const parseLsn16 = (text: string): Lsn | undefined =>
  /^[0-9A-Fa-f]{16}$/.test(text) ? lsnOf(BigInt(`0x${text}`)) : undefined;

export const formatLsn16 = (lsn: Lsn): string => hex(lsn).padStart(16, '0');

/** A timeline as PostgreSQL writes it in file names, 8 hexadecimal digits. */
export const formatTimeline8 = (timeline: Timeline): string =>
  timeline.toString(16).toUpperCase().padStart(8, '0');

/** A timeline in decimal digits, 1 and upward. */
export const parseTimeline = (text: string): Timeline | undefined => {
  const value = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 0xffffffff ? value : undefined;
};
