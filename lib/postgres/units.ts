const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/**
 * The number of a setting's value in `unit`: `5s` in ms is 5000, and a bare number is in that unit already
 * (postgresql.conf, "Parameter Names and Values"). Undefined for what is no number.
 */
export function inUnit(value: string, unit: 'ms' | 's' | 'kB' | 'MB' | ''): number | undefined {
  const [, number, written = ''] = /^\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(value) ?? [];
  if (number === undefined) return undefined;
  if (written === '' || unit === '') return written === '' ? Number(number) : undefined;
  const [from, to] = [UNITS[written], UNITS[unit]];
  return from === undefined || to === undefined ? undefined : (Number(number) * from) / to;
}

/** PostgreSQL's booleans, also shortened (`tru`), as the server shows them; undefined for anything else. */
export function onOrOff(value: string): 'on' | 'off' | undefined {
  const text = value.trim().toLowerCase();
  if (text === '1' || text === 'on' || isBeginOf(text, 'true') || isBeginOf(text, 'yes')) return 'on';
  const off = text === '0' || /^off?$/.test(text) || isBeginOf(text, 'false') || isBeginOf(text, 'no');
  return off ? 'off' : undefined;
}

const isBeginOf = (text: string, word: string): boolean => text !== '' && word.startsWith(text);
