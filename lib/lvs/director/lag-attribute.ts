import type { Lag } from './snapshot.ts';

/** The private node attribute in which ocf:pha:pgsql publishes how far a standby is behind (publish_lag). */
export const lagName = (database: string): string => `${database}-lag`;

/** Bytes and seconds, such as `16777216 12`. */
export const parseLag = (text: string): Lag | undefined => {
  const [, bytes, seconds] = /^(\d{1,16}) (\d{1,12})$/.exec(text) ?? [];
  return bytes === undefined ? undefined : { bytes: Number(bytes), seconds: Number(seconds) };
};
