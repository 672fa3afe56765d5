/** What a primary's statistics tell beyond the agent's own query. */
export interface Activity {
  /** By the process id of the WAL sender: seconds until a commit is visible there, as last measured. */
  readonly replayLagSeconds: ReadonlyMap<number, number>;
  /** Commits that wait for a synchronous standby. */
  readonly waitingCommits: number;
  /** How long the longest of them has waited. */
  readonly longestWaitSeconds: number;
}

export const NO_ACTIVITY: Activity = {
  replayLagSeconds: new Map(),
  waitingCommits: 0,
  longestWaitSeconds: 0,
};

/** Lags and the wait event came with 10; undefined before. */
export const activitySql = (serverVersionNum: number): string | undefined =>
  serverVersionNum < 100000
    ? undefined
    : `SELECT pg_catalog.json_build_object(
  'lag', (SELECT pg_catalog.json_object_agg(pid, extract(epoch FROM replay_lag))
    FROM pg_catalog.pg_stat_get_wal_senders() WHERE replay_lag IS NOT NULL),
  'waiting', pg_catalog.count(*),
  'longest', pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - query_start))
)::text AS activity FROM pg_catalog.pg_stat_get_activity(NULL) WHERE wait_event = 'SyncRep'`;

/** Total: what is missing or malformed is left out. */
export function parseActivity(json: unknown): Activity {
  try {
    const { lag, waiting, longest } = JSON.parse(String(json)) as Readonly<Record<string, unknown>>;
    const lags = typeof lag === 'object' && lag !== null ? Object.entries(lag) : [];
    return {
      replayLagSeconds: new Map(
        lags.flatMap(([pid, seconds]) =>
          Number.isFinite(Number(seconds)) ? [[Number(pid), Number(seconds)]] : [],
        ),
      ),
      waitingCommits: Number(waiting) || 0,
      longestWaitSeconds: Number(longest) || 0,
    };
  } catch {
    return NO_ACTIVITY;
  }
}
