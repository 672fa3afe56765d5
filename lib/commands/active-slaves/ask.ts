import { query, type Row } from '../../postgres/client.ts';
import { isConninfoUri } from '../../postgres/conninfo-uri.ts';
import type { LibpqTarget } from '../../postgres/libpq.ts';
import type { Parsed } from '../../postgres/parsed.ts';
import { parseConnectionString } from '../../postgres/psql-command.ts';
import { deadlineIn } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { callersTarget, DEFAULT_ANSWER_SECONDS, hideArguments } from '../database/callers-target.ts';

/** Where psql would have connected. The original's first argument, the path of psql, is accepted and not needed. */
export function targetOf(operands: readonly string[], host: string | undefined): Parsed<LibpqTarget> {
  const [first = '', second] = operands;
  hideArguments();
  const text = second ?? (first.includes('=') || isConninfoUri(first) ? first : '');
  const conninfo = parseConnectionString(text);
  if (!conninfo.ok) return { ok: false, reason: `the connection string: ${conninfo.reason}` };
  const entries = new Map(conninfo.value);
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
