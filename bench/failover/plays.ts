/** What is compared, and what each run of it leaves behind. */
export const CONTESTANTS = ['pha', 'heartbeat', 'paf', 'floor'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export const FAULTS = ['kill9', 'cut', 'poweroff', 'switch'] as const;
export type Fault = (typeof FAULTS)[number];

/** In the order in which a takeover has them. */
export const MARKS = ['noticed', 'node-lost', 'demote', 'promote', 'promoted', 'vip'] as const;

export interface Mark {
  readonly kind: (typeof MARKS)[number];
  /** since the fault */
  readonly atMs: number;
}

/** One fault of one agent's cluster. */
export interface Play {
  readonly agent: Contestant;
  readonly fault: Fault;
  /** from 1 */
  readonly round: number;
  /** The longest time between two acknowledged writes; where they did not come back, as long as was waited. */
  readonly outageMs: number;
  readonly cameBack: boolean;
  /** acknowledged rows that are gone; not known, and 0, where the writes did not come back */
  readonly lost: number;
  /** Acknowledged writes in each `BUCKET_MS`, from `BEFORE_MS` before the fault on. */
  readonly writes: readonly number[];
  readonly marks: readonly Mark[];
}

export const BUCKET_MS = 100;
export const BEFORE_MS = 2_000;
/** Whoever has not brought the writes back by then counts with this time. */
export const GIVE_UP_MS = 60_000;
