import type { Deadline } from '../system/clock.ts';
import { type QueryFailure, type ServerAddress, withConnection } from './client.ts';
import { parseSnapshot } from './parse-snapshot.ts';
import type { ServerState } from './server-state.ts';
import { snapshotSql } from './snapshot-sql.ts';

/**
 * One connection and one round trip; `livenessSql` (parameter monitor_sql) is one more, before it. The
 * version need not be known: every server tells it while connecting.
 */
export const takeSnapshot = async (
  address: ServerAddress,
  deadline: Deadline,
  livenessSql?: string,
): Promise<
  { readonly ok: true; readonly state: ServerState } | { readonly ok: false; readonly failure: QueryFailure }
> => {
  const answer = await withConnection(address, deadline, async ({ query, serverVersion }) => {
    if (livenessSql) await query(livenessSql);
    const [row] = await query(snapshotSql(serverVersion?.number ?? 100000));
    return row?.snapshot;
  });
  if (!answer.ok) return answer;
  const parsed = parseSnapshot(answer.value);
  if (parsed.ok) return { ok: true, state: parsed.value };
  return { ok: false, failure: { kind: 'other', message: `unexpected answer: ${parsed.reason}` } };
};
