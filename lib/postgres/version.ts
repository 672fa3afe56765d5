/** `major` is 9.6, 10, 11 …; `number` is server_version_num, such as 90624 or 150014. */
export interface ServerVersion {
  readonly major: number;
  readonly number: number;
}

/** From server_version_num: 150014 is 15.14, 90624 is 9.6.24. */
export const parseServerVersionNum = (text: string): ServerVersion | undefined => {
  if (!/^\d{5,6}$/.test(text)) return undefined;
  const number = Number(text);
  if (number >= 100000) return { major: Math.floor(number / 10000), number };
  return { major: Math.floor(number / 10000) + (Math.floor(number / 100) % 100) / 10, number };
};

/** From the file PG_VERSION of a data directory, which holds the major version only. */
export const parsePgVersionFile = (text: string): ServerVersion | undefined => {
  const [, whole, tenth] = /^(\d{1,2})(?:\.(\d))?\s*$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  if (tenth !== undefined) return parseServerVersionNum(`${whole}0${tenth}00`);
  return Number(whole) >= 10 ? parseServerVersionNum(`${whole}0000`) : undefined;
};

/**
 * From the parameter server_version that every connection reports: `15.14 (Debian …)`, `9.6.24`, `18beta1`.
 */
export const parseServerVersion = (text: string): ServerVersion | undefined => {
  const [, first = '', second = '0', third = '0'] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text) ?? [];
  if (first === '') return undefined;
  const number =
    Number(first) >= 10
      ? Number(first) * 10000 + Number(second)
      : Number(first) * 10000 + Number(second) * 100 + Number(third);
  return parseServerVersionNum(String(number));
};

/** Before 12 a standby is made by recovery.conf, since then by standby.signal. */
export const usesRecoveryConf = ({ major }: ServerVersion): boolean => major < 12;

/** pg_promote() came with 12. */
export const hasPgPromote = ({ major }: ServerVersion): boolean => major >= 12;

/** Functions and columns say `xlog` and `location` before 10, `wal` and `lsn` since. */
export const walNames = ({ major }: ServerVersion): 'xlog' | 'wal' => (major < 10 ? 'xlog' : 'wal');

/** The directory of the log below the data directory. */
export const walDirectory = (version: ServerVersion): 'pg_xlog' | 'pg_wal' =>
  walNames(version) === 'xlog' ? 'pg_xlog' : 'pg_wal';
