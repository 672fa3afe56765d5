import { homedir, userInfo } from 'node:os';
import { readTextIfExists } from '../system/files.ts';
import type { Conninfo } from './conninfo.ts';
import { type LibpqTarget, libpqTarget } from './libpq.ts';
import type { Parsed } from './parsed.ts';

/** Where psql would have connected, run by whoever runs this. */
export function callersTarget(
  conninfo: Conninfo,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Parsed<LibpqTarget> {
  return libpqTarget(conninfo, {
    env,
    home: homedir(),
    userName: userInfo().username,
    serviceFile:
      conninfo.has('service') || env.PGSERVICE !== undefined ? serviceFile(env, homedir()) : undefined,
  });
}

/** The first that is there, as libpq looks for it. */
function serviceFile(env: Readonly<Record<string, string | undefined>>, home: string): string | undefined {
  const system = `${env.PGSYSCONFDIR ?? '/etc/postgresql-common'}/pg_service.conf`;
  const files = [env.PGSERVICEFILE ?? `${home}/.pg_service.conf`, system];
  return files.map((file) => readTextIfExists(file)).find((text) => text !== undefined);
}
