import { homedir, userInfo } from 'node:os';
import { basename } from 'node:path';
import { query, type Row } from '../../postgres/client.ts';
import { parseConninfo } from '../../postgres/conninfo.ts';
import { isConninfoUri, parseConninfoUri } from '../../postgres/conninfo-uri.ts';
import { type LibpqTarget, libpqTarget } from '../../postgres/libpq.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { deadlineIn } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { readTextIfExists } from '../../system/files.ts';

/** Where psql would have connected. The original's first argument, the path of psql, is accepted and not needed. */
export function targetOf(operands: readonly string[], host: string | undefined): Parsed<LibpqTarget> {
  const [first = '', second] = operands;
  // Everybody can read the arguments of a process, and older definitions have a password there: from here on no more.
  process.title = basename(process.argv[1] ?? 'pha');
  const text = second ?? (first.includes('=') || isConninfoUri(first) ? first : '');
  const conninfo = isConninfoUri(text) ? parseConninfoUri(text) : parseConninfo(text);
  if (!conninfo.ok) return { ok: false, reason: `the connection string: ${conninfo.reason}` };
  const entries = new Map(conninfo.value);
  if (host !== undefined) {
    entries.delete('hostaddr');
    entries.set('host', host);
  }
  const { env } = process;
  return libpqTarget(entries, {
    env,
    home: homedir(),
    userName: userInfo().username,
    serviceFile:
      entries.has('service') || env.PGSERVICE !== undefined ? serviceFile(env, homedir()) : undefined,
  });
}

/** The first that is there, as libpq looks for it. */
function serviceFile(env: NodeJS.ProcessEnv, home: string): string | undefined {
  const system = `${env.PGSYSCONFDIR ?? '/etc/postgresql-common'}/pg_service.conf`;
  const files = [env.PGSERVICEFILE ?? `${home}/.pg_service.conf`, system];
  return files.map((file) => readTextIfExists(file)).find((text) => text !== undefined);
}

const DEFAULT_TIMEOUT_SECONDS = 5;

/** The rows of one statement from the first server that answers. */
export async function ask(
  { addresses, timeoutSeconds }: LibpqTarget,
  sql: string,
): Promise<Fact<readonly Row[]>> {
  const failures: string[] = [];
  for (const address of addresses) {
    const deadline = deadlineIn((timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000);
    const answer = await query({ ...address, applicationName: 'pha-active-slaves' }, sql, deadline);
    if (answer.ok) return known(answer.rows[0] ?? []);
    failures.push(`${address.host}:${address.port}: ${answer.failure.message}`);
  }
  return unknown(failures.join('; '));
}
