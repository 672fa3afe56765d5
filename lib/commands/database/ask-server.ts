import { type QueryResult, type ServerAddress, withConnection } from '../../postgres/client.ts';
import { parseSnapshot } from '../../postgres/parse-snapshot.ts';
import type { ServerState } from '../../postgres/server-state.ts';
import { snapshotSql } from '../../postgres/snapshot-sql.ts';
import type { Deadline } from '../../system/clock.ts';
import { type Activity, activitySql, NO_ACTIVITY, parseActivity } from './activity.ts';

export interface ServerReport {
  readonly state: ServerState;
  readonly activity: Activity;
}

/** One connection; the version is known when it is open. */
export async function askServer(
  address: ServerAddress,
  deadline: Deadline,
): Promise<QueryResult<ServerReport>> {
  const answer = await withConnection(address, deadline, async ({ query, serverVersion }) => {
    const number = serverVersion?.number ?? 100000;
    const [row] = await query(snapshotSql(number));
    const sql = activitySql(number);
    const [activity] = sql === undefined ? [] : await query(sql);
    return { snapshot: row?.snapshot, activity: activity?.activity };
  });
  if (!answer.ok) return answer;
  const state = parseSnapshot(answer.value.snapshot);
  if (!state.ok)
    return { ok: false, failure: { kind: 'other', message: `unexpected answer: ${state.reason}` } };
  const activity = answer.value.activity === undefined ? NO_ACTIVITY : parseActivity(answer.value.activity);
  return { ok: true, value: { state: state.value, activity } };
}
