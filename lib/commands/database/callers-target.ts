import { homedir, userInfo } from 'node:os';
import { basename } from 'node:path';
import type { Conninfo } from '../../postgres/conninfo.ts';
import { type LibpqTarget, libpqTarget } from '../../postgres/libpq.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { readTextIfExists } from '../../system/files.ts';

/** Everybody can read the arguments of a process, and older definitions have a password there: from here on no more. */
export const hideArguments = (): void => {
  process.title = basename(process.argv[1] ?? 'pha');
};

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

/** For the whole answer, where connect_timeout does not say it. */
export const DEFAULT_ANSWER_SECONDS = 5;
