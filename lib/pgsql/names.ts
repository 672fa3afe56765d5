/**
 * The names under which ocf:pha:pgsql keeps its state in the cluster. Operators know them from `crm_mon -Afr1`;
 * they are never changed.
 */
export interface StateNames {
  readonly status: string;
  readonly dataStatus: string;
  readonly baseline: string;
  readonly xlogLoc: string;
  readonly receiverStatus: string;
  readonly election: string;
  readonly lag: string;
  readonly score: string;
  readonly switchFrom: string;
  readonly arbiter: string;
  /** PostgreSQL runs there and does not let the agent in, in its own words: see decide/refusal.ts */
  readonly refuses: string;
  /** Pacemaker's own: how often a promotion has failed on a node, and when it last did */
  readonly failedPromotions: readonly [count: string, last: string];
  readonly replInfo: string;
  readonly usedTimeline: string;
}

/** The property set in which REPL_INFO lives. */
export const REPLICATION_SET = 'pgsql_replication';

/** @param resource the resource's name without a clone instance, such as `pgsql` */
export const stateNames = (resource: string): StateNames => ({
  status: `${resource}-status`,
  dataStatus: `${resource}-data-status`,
  baseline: `${resource}-master-baseline`,
  xlogLoc: `${resource}-xlog-loc`,
  receiverStatus: `${resource}-receiver-status`,
  election: `${resource}-election`,
  lag: `${resource}-lag`,
  score: `master-${resource}`,
  switchFrom: `${resource}-switch-from`,
  arbiter: `${resource}-arbiter`,
  refuses: `${resource}-refuses-agent`,
  failedPromotions: [`fail-count-${resource}#promote_0`, `last-failure-${resource}#promote_0`],
  replInfo: `${resource}_REPL_INFO`,
  usedTimeline: `${resource}_USED_TIMELINE`,
});

/** Values of `<rsc>-status`. */
export type NodeStatus =
  | 'PRI'
  | 'HS:sync'
  | 'HS:potential'
  | 'HS:async'
  | 'HS:quorum'
  | 'HS:connected'
  | 'HS:alone'
  | 'STOP'
  | 'UNKNOWN';

/** Values of `<rsc>-data-status` that the rules compare with; a standby that catches up has `<STATE>|<SYNC_STATE>`. */
export const DataStatus = {
  latest: 'LATEST',
  sync: 'STREAMING|SYNC',
  potential: 'STREAMING|POTENTIAL',
  async: 'STREAMING|ASYNC',
  quorum: 'STREAMING|QUORUM',
  disconnect: 'DISCONNECT',
} as const;

/**
 * Values of `<rsc>-arbiter`: what a node heard when it last asked the arbiter, and in whose time as the primary. Since when it is
 * silent, by the clock of that node, is for cls_status alone.
 */
export const ArbiterWord = {
  reached: 'reached',
  silent: (replInfo: string | undefined, sinceMs: number): string =>
    `${silentFor(replInfo)}${new Date(sinceMs).toISOString().slice(0, 19)}Z`,
  isSilent: (value: string | undefined): boolean => value?.startsWith('silent|') === true,
  isSilentFor: (value: string | undefined, replInfo: string | undefined): boolean =>
    value?.startsWith(silentFor(replInfo)) === true,
  /** In milliseconds since 1970; undefined where it is not silent, or does not say. */
  silentSinceMs: (value: string | undefined): number | undefined => {
    const ms = Date.parse(value?.startsWith('silent|') === true ? (value.split('|').at(-1) ?? '') : '');
    return Number.isNaN(ms) ? undefined : ms;
  },
} as const;

const silentFor = (replInfo: string | undefined): string => `silent|${replInfo ?? ''}|`;

/** What a node publishes: as long as the silence lasts, since when it does stays as it was first said. */
export const arbiterWord = (
  isReached: boolean,
  before: string | undefined,
  replInfo: string | undefined,
  nowMs: number,
): string =>
  isReached ? ArbiterWord.reached : ArbiterWord.silent(replInfo, ArbiterWord.silentSinceMs(before) ?? nowMs);

/** Promotion scores (`master-<rsc>`). Pacemaker promotes the node with the highest; -INFINITY forbids it. */
export const Score = {
  /** of a standby that is to take over from a healthy primary: see hand-over.ts */
  successor: '2000',
  primary: '1000',
  candidate: 100,
  /** of a candidate that has yielded: less by more than what stickiness and colocations of the addresses add to a node */
  reserve: 50,
  never: '-INFINITY',
} as const;

/** `STREAMING|SYNC` and its like, as what a standby's own status says of it. */
export const statusOfStandby = (dataStatus: string | undefined, receiving: boolean): NodeStatus => {
  if (!receiving || dataStatus === undefined) return 'HS:alone';
  if (dataStatus === DataStatus.sync) return 'HS:sync';
  if (dataStatus === DataStatus.potential) return 'HS:potential';
  if (dataStatus === DataStatus.async) return 'HS:async';
  if (dataStatus === DataStatus.quorum) return 'HS:quorum';
  return dataStatus.includes('|') ? 'HS:connected' : 'HS:alone';
};
