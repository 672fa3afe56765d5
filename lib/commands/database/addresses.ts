import { resolve } from 'node:path';
import type { ServerAddress } from '../../postgres/client.ts';
import { parseConninfo } from '../../postgres/conninfo.ts';
import { tlsSettingsOf } from '../../postgres/tls.ts';
import type { OsUser } from '../../system/os-user.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

const APPLICATION = 'pha-command';

/** The server of this node, as its own user through its socket, so that no password is needed. */
export function localAddress(
  { parameters }: PgsqlResource,
  owner: OsUser,
  socketDirectory: string | undefined,
): ServerAddress {
  const directory = parameters.socketdir || socketDirectory || '/var/run/postgresql';
  return {
    host: parameters.pghost || resolve(parameters.pgdata, directory),
    port: parameters.pgport,
    database: parameters.pgdb,
    user: owner.name,
    osUser: owner,
    passfile: `${owner.home}/.pgpass`,
    applicationName: APPLICATION,
  };
}

/** The primary, wherever it is, as a standby reaches it; undefined where none is configured. */
export function primaryAddress({ parameters }: PgsqlResource, owner: OsUser): ServerAddress | undefined {
  if (parameters.master_ip === '') return undefined;
  const parsed = parseConninfo(parameters.primary_conninfo_opt);
  const options: ReadonlyMap<string, string> = parsed.ok ? parsed.value : new Map();
  const password = options.get('password');
  return {
    host: parameters.master_ip,
    port: parameters.pgport,
    database: 'postgres',
    user: parameters.repuser,
    osUser: owner,
    passfile: options.get('passfile') ?? `${owner.home}/.pgpass`,
    applicationName: APPLICATION,
    tls: tlsSettingsOf(options),
    ...(password === undefined ? {} : { password }),
  };
}
