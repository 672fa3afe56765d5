import { callersTarget } from '../../postgres/callers-target.ts';
import { query, type Row } from '../../postgres/client.ts';
import { type Conninfo, withoutSecrets } from '../../postgres/conninfo.ts';
import { isConninfoUri } from '../../postgres/conninfo-uri.ts';
import type { LibpqTarget } from '../../postgres/libpq.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { parseConnectionString } from '../../postgres/psql-command.ts';
import { deadlineIn } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { DEFAULT_ANSWER_SECONDS, hideArguments } from '../database/arguments.ts';

/** Whom to ask, as the arguments say it. */
export type Arguments =
  | { readonly ok: true; readonly conninfo: Conninfo; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/**
 * The original's first argument, the path of psql, is accepted and not needed. No argument is repeated, which may hold a
 * password. Pure.
 */
export function readArguments([first = '', second]: readonly string[]): Arguments {
  const isConnection = first.includes('=') || isConninfoUri(first);
  const isProgram = first.includes('/') || first.startsWith('psql');
  if (second === undefined && first !== '' && !isConnection && !isProgram) {
    const forms = 'the path of psql, nor key=value, nor a URI (postgresql://…)';
    return {
      ok: false,
      reason: `the argument is neither ${forms}: write CONNINFO, such as "host=192.168.0.236 user=replication"`,
    };
  }
  const conninfo = parseConnectionString(second ?? (isConnection ? first : ''));
  if (!conninfo.ok) return { ok: false, reason: `the connection string: ${conninfo.reason}` };
  const open = withoutSecrets(conninfo.value);
  const secrets = [...conninfo.value.keys()].filter((name) => !open.has(name));
  const warnings = secrets.map(
    (name) =>
      `warning: CONNINFO has ${name}, and everybody on this machine can read the arguments of a process; leave it out, and keep it in a .pgpass file (passfile=FILE)`,
  );
  return { ok: true, conninfo: conninfo.value, warnings };
}

/** Where psql would have connected. */
export function targetOf(
  operands: readonly string[],
  host: string | undefined,
  warn: (sentence: string) => void,
): Parsed<LibpqTarget> {
  hideArguments();
  const read = readArguments(operands);
  if (!read.ok) return read;
  for (const warning of read.warnings) warn(warning);
  const entries = new Map(read.conninfo);
  if (host !== undefined) {
    entries.delete('hostaddr');
    entries.set('host', host);
  }
  return callersTarget(entries);
}

/** The rows of one statement from the first server that answers. */
export async function ask(
  { addresses, timeoutSeconds }: LibpqTarget,
  sql: string,
): Promise<Fact<readonly Row[]>> {
  const failures: string[] = [];
  for (const address of addresses) {
    const deadline = deadlineIn((timeoutSeconds ?? DEFAULT_ANSWER_SECONDS) * 1000);
    const answer = await query({ ...address, applicationName: 'pha-active-slaves' }, sql, deadline);
    if (answer.ok) return known(answer.rows[0] ?? []);
    failures.push(`${address.host}:${address.port}: ${answer.failure.message}`);
  }
  return unknown(failures.join('; '));
}
