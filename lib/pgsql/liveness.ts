import { isRefusal, type QueryFailure } from '../postgres/client.ts';
import type { ServerState } from '../postgres/server-state.ts';
import type { ServerAnswer } from './snapshot.ts';

type Liveness = { readonly ok: true } | { readonly ok: false; readonly failure: QueryFailure };

/** What a server that has let the agent in says by monitor_sql, run as monitor_user: that this one is refused is no failure of it. */
export const answerBy = (liveness: Liveness, value: ServerState): ServerAnswer => {
  if (liveness.ok) return { ok: true, value };
  return isRefusal(liveness.failure)
    ? { ok: true, value, monitorUserRefused: liveness.failure.message }
    : liveness;
};
