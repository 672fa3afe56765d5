import { formatConninfo, parseConninfo } from './conninfo.ts';

/** How pg_rewind and pg_basebackup reach the server that they copy from. */
export interface ToolSource {
  /** Without what is secret: arguments can be read by everybody on the machine. */
  readonly conninfo: string;
  /** Where what is secret is, or itself: an environment can be read by the same user and root only. */
  readonly env: Readonly<Record<string, string>>;
}

/** A source that has gone silent ends a copy within half a minute, unless the options say otherwise. */
const KEEPALIVES: readonly (readonly [string, string])[] = [
  ['connect_timeout', '10'],
  ['keepalives_idle', '10'],
  ['keepalives_interval', '5'],
  ['keepalives_count', '4'],
];

/** What belongs to the standby's own connection, to this one's address, or not into arguments. */
const NOT_TAKEN_OVER = [
  ...['host', 'hostaddr', 'port', 'user', 'dbname', 'application_name', 'replication'],
  ...['password', 'passfile'],
];

/** `options` is primary_conninfo_opt: how standbys connect is how their data are copied. Pure. */
export const toolSource = (
  address: { readonly host: string; readonly port: number; readonly user: string },
  options: string,
  application: string,
): ToolSource => {
  const parsed = parseConninfo(options);
  const given = parsed.ok ? parsed.value : new Map<string, string>();
  const entries = new Map([
    ['host', address.host],
    ['port', String(address.port)],
    ['user', address.user],
    ['dbname', 'postgres'],
    ['application_name', application],
    ...KEEPALIVES,
    ...[...given].filter(([name]) => !NOT_TAKEN_OVER.includes(name)),
  ]);
  const [password, passfile] = [given.get('password'), given.get('passfile')];
  return {
    conninfo: formatConninfo(entries),
    env: {
      ...(password ? { PGPASSWORD: password } : {}),
      ...(passfile ? { PGPASSFILE: passfile } : {}),
    },
  };
};
