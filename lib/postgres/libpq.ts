import type { ServerAddress } from './address.ts';
import type { Conninfo } from './conninfo.ts';
import type { Parsed } from './parsed.ts';
import { tlsSettingsOf } from './tls.ts';

/** What libpq takes from the caller's surroundings where the connection string is silent. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly userName: string;
  /** The text of the connection service file, if there is one (pg_service.conf). */
  readonly serviceFile: string | undefined;
}

export interface LibpqTarget {
  /** To be tried one after the other. */
  readonly addresses: readonly [ServerAddress, ...ServerAddress[]];
  /** For each of them; undefined where nobody said. */
  readonly timeoutSeconds: number | undefined;
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  service: 'PGSERVICE',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
};

const DEFAULT_SOCKET_DIRECTORY = '/var/run/postgresql';

/** As libpq: the connection string comes before the service file, and that before the environment. */
export function libpqTarget(conninfo: Conninfo, surroundings: Surroundings): Parsed<LibpqTarget> {
  const { env, home, userName, serviceFile } = surroundings;
  const name = conninfo.get('service') ?? env.PGSERVICE;
  const service = name === undefined ? new Map<string, string>() : serviceEntries(serviceFile ?? '', name);
  if (service === undefined)
    return { ok: false, reason: `there is no service "${name}" in the service file` };
  const settings = new Map([...environmentEntries(env), ...service, ...conninfo]);
  const text = (key: string): string | undefined => settings.get(key) || undefined;

  const hosts = (text('hostaddr') ?? text('host') ?? DEFAULT_SOCKET_DIRECTORY).split(',');
  const ports = (text('port') ?? '5432').split(',');
  const strange = ports.find((port) => !/^\d{1,5}$/.test(port));
  if (strange !== undefined) return { ok: false, reason: `"${strange}" is no port` };
  const timeout = text('connect_timeout');
  if (timeout !== undefined && !/^\d+$/.test(timeout)) {
    return { ok: false, reason: `connect_timeout is "${timeout}" and not a number of seconds` };
  }
  const user = text('user') ?? userName;
  const password = text('password');
  const [first = DEFAULT_SOCKET_DIRECTORY, ...others] = hosts.map((host) => host || DEFAULT_SOCKET_DIRECTORY);
  const address = (host: string, i: number): ServerAddress => ({
    host,
    port: Number(ports[i] ?? ports[0]),
    database: text('dbname') ?? user,
    user,
    passfile: text('passfile') ?? `${home}/.pgpass`,
    tls: tlsSettingsOf(settings),
    ...(password === undefined ? {} : { password }),
  });
  return {
    ok: true,
    value: {
      addresses: [address(first, 0), ...others.map((host, i) => address(host, i + 1))],
      timeoutSeconds: Number(timeout) || undefined,
    },
  };
}

const environmentEntries = (env: Surroundings['env']): readonly (readonly [string, string])[] =>
  Object.entries(ENVIRONMENT).flatMap(([key, variable]) => {
    const value = env[variable];
    return value === undefined ? [] : [[key, value] as const];
  });

/** A section of pg_service.conf; undefined when there is none of this name. */
function serviceEntries(file: string, name: string): ReadonlyMap<string, string> | undefined {
  const lines = file.split(/\r?\n/).map((line) => line.trim());
  const start = lines.indexOf(`[${name}]`);
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith('['));
  return new Map(
    (end < 0 ? rest : rest.slice(0, end))
      .filter((line) => line !== '' && !line.startsWith('#') && line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}
