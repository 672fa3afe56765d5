/**
 * Two nodes and an arbiter: may this node go on as the primary, be promoted, or stop waiting for its standby?
 *
 * What makes two primaries impossible: a primary accepts commits only until its deadline, which the guard keeps. The deadline is
 * moved by the arbiter's word, or, while the arbiter is silent to both, by the standby's: a node that has given it takes the lock
 * only after a whole lease in which it has told the primary nothing (decideTakeOver), by its own monotonic clock.
 */
import type { LockAnswer, LockFailure, LockState } from '../answer.ts';

/** What a primary heard when it renewed. */
export type Renewal = LockAnswer<
  { readonly taken: true } | { readonly taken: false; readonly before: LockState | undefined }
>;

/** What is known here of the other node. Unknown is `undefined`, and counts as no. */
export interface Peer {
  readonly node: string;
  /** of the cluster, in the eyes of this node's Corosync */
  readonly isMember: boolean;
  /** a reply of its WAL receiver has come here since the last monitor; its time stamp is not looked at, only that it is another */
  readonly isStreaming: boolean;
  /** what it has published of its own last question to the arbiter, and for which promotion of the primary */
  readonly arbiter: 'reached' | 'silent' | undefined;
}

/** What a node of distlock_lockservice_deadcheck_nodelist has heard of the arbiter in this moment. */
export interface Listed {
  readonly node: string;
  readonly answer:
    | { readonly kind: 'reached' | Exclude<LockFailure['kind'], 'outrun'> }
    | { readonly kind: 'not-asked'; readonly why: string };
}

export interface Reason {
  /** stable, for the log and for tests */
  readonly rule: string;
  readonly sentence: string;
}

export type Holding =
  /** The guard's deadline is moved, counted from before the arbiter was asked. */
  | ({ readonly kind: 'extended' } & Reason)
  /** It stays where it is: asked again at the next monitor, and the guard ends the server if that does not help in time. */
  | ({ readonly kind: 'not-extended' } & Reason)
  /** Another one may be primary already. */
  | ({ readonly kind: 'lost' } & Reason);

/**
 * On every monitor of the primary.
 *
 * @param listed asked in addition: what they say only ever keeps the deadline where it is
 */
export const decideHolding = (
  renewal: Renewal,
  peer: Peer | undefined,
  leftMs: number,
  listed: readonly Listed[] = [],
): Holding => {
  if (renewal.ok) {
    if (renewal.value.taken)
      return { kind: 'extended', rule: 'lock.renewed', sentence: 'the lock is renewed' };
    const owner = renewal.value.before?.owner ?? 'another one';
    return {
      kind: 'lost',
      rule: 'lock.lost',
      sentence: `${owner} has the lock: PostgreSQL is stopped here, so that only one accepts writes`,
    };
  }
  const why = renewal.failure.sentence;
  const doubt =
    (peer === undefined ? 'there is no other node' : doubtAbout(peer)) ??
    listed.map((each) => doubtByList(each, renewal.failure)).find((each) => each !== undefined);
  if (doubt === undefined)
    return {
      kind: 'extended',
      rule: 'lock.arbiter-down',
      sentence: `${why}; ${peer?.node} does not reach it either and streams from here: this node goes on, and nobody may take over while this lasts`,
    };
  // First what becomes of it: Pacemaker shows the beginning.
  const left =
    leftMs <= 0
      ? 'PostgreSQL is ended, as the lock is not renewed'
      : `PostgreSQL is ended in ${(leftMs / 1000).toFixed(1)} s unless the lock is renewed`;
  return {
    kind: 'not-extended',
    rule: 'lock.not-renewed',
    sentence: `${left}: ${why}, and ${doubt}`,
  };
};

/** Why the other node's word does not count in place of the arbiter's. */
const doubtAbout = ({ node, isMember, isStreaming, arbiter }: Peer): string | undefined => {
  if (!isMember) return `${node} is not in the cluster`;
  if (!isStreaming) return `${node} does not stream from here`;
  if (arbiter === 'reached') return `${node} reaches it`;
  return arbiter === undefined ? `${node} has not said whether it reaches it` : undefined;
};

/** The arbiter is down only if whoever is asked hears as little as this node does. */
const doubtByList = ({ node, answer }: Listed, { kind }: LockFailure): string | undefined => {
  const list = `${node} of distlock_lockservice_deadcheck_nodelist`;
  if (answer.kind === 'not-asked') return `${list} could not be asked (${answer.why})`;
  return answer.kind === 'silent' || answer.kind === kind ? undefined : `${list} reaches it`;
};

/** The lock in the eyes of a standby, now and at an earlier look of the same standby. */
export interface Look {
  readonly state: LockState;
  /** by this node's monotonic clock, from after the answer for the earlier look, from before the question for the later */
  readonly atMs: number;
}

/**
 * For how long the owner has surely not renewed, whatever the arbiter's wall clock has done meanwhile: two looks tell for how
 * long the stamp has stayed the same by a monotonic clock, and nothing else is believed.
 */
export const surelySilentMs = (earlier: Look | undefined, now: Look): number => {
  const isSame = earlier?.state.owner === now.state.owner && earlier.state.renewedAt === now.state.renewedAt;
  return isSame ? Math.max(0, now.atMs - earlier.atMs) : 0;
};

export interface TakeOverInput {
  readonly self: string;
  readonly leaseMs: number;
  readonly look: LockAnswer<Look>;
  readonly earlier: Look | undefined;
  /**
   * Since this node was last connected to the primary as its standby while it had published that the arbiter is silent: the
   * primary may have gone on by its word. It must not be let back. What it has heard does not matter: with a network that is
   * cut in one direction the primary still hears its replies. Infinity if it never was.
   */
  readonly sinceWordMs: number;
  /** For how long the primary may count on a reply: the interval of its monitor. */
  readonly wordMs: number;
  /** the owner of the row LOCK#alone: who has stopped waiting for its standby, and so holds commits that nobody else has */
  readonly aloneOwner: string;
  /** rep_mode=sync: commits wait for a standby until the row above says otherwise */
  readonly isSync: boolean;
}

export type TakeOver =
  /** With the statement that takes it only if nobody has renewed since `ifRenewedAt`. */
  | ({ readonly kind: 'take'; readonly ifRenewedAt: string } & Reason)
  /** `isSure`: nobody can make it longer, as the owner of a lease can by a renewal. */
  | ({ readonly kind: 'wait'; readonly atMostMs: number; readonly isSure: boolean } & Reason)
  | ({ readonly kind: 'refuse' } & Reason);

// What helps comes first: Pacemaker shows 128 characters.
export const withoutAnswer = (why: string): string =>
  `not promoted without the lock (arbiter gone for good, and the other node off: enable_distlock=false): ${why}`;

export const withoutRow = (self: string, aloneOwner: string): string =>
  `not promoted (cls_reset_master ${self} forces it): ${aloneOwner} has gone on without a standby and may hold writes that ${self} lacks; bring it back`;

/** Before a promotion, and once more when the lock is taken: `aloneOwner` counts only if it was read after that. */
export const decideTakeOver = (input: TakeOverInput): TakeOver => {
  const { self, leaseMs, look, earlier, aloneOwner, isSync } = input;
  if (!look.ok)
    return {
      kind: 'refuse',
      rule: 'lock.no-answer',
      sentence: withoutAnswer(look.failure.sentence),
    };
  if (isSync && aloneOwner !== '' && aloneOwner !== self)
    return {
      kind: 'refuse',
      rule: 'lock.alone',
      sentence: withoutRow(self, aloneOwner),
    };
  const { state } = look.value;
  // A lock that is nobody's was given back, or was made anew in an empty arbiter: then the word still counts.
  const isToBeHad = state.owner === '' || state.owner === self;
  const leaseLeftMs = isToBeHad ? 0 : leaseMs - surelySilentMs(earlier, look.value);
  const wordLeftMs = leaseMs + input.wordMs - input.sinceWordMs;
  const leftMs = Math.max(leaseLeftMs, wordLeftMs);
  if (leftMs > 0) {
    const left = `${(leftMs / 1000).toFixed(1)} s are left`;
    const sentence =
      leaseLeftMs >= wordLeftMs
        ? `${state.owner} has the lock, and its lease may not be over yet: ${left}`
        : `the primary may go on without the arbiter, since ${self} streamed from it a moment ago: ${left}`;
    return { kind: 'wait', atMostMs: leftMs, isSure: wordLeftMs > leaseLeftMs, rule: 'lock.held', sentence };
  }
  const whose =
    state.owner === ''
      ? 'nobody has the lock'
      : isToBeHad
        ? `${self} has the lock`
        : `the lease of ${state.owner} is over`;
  return { kind: 'take', ifRenewedAt: state.renewedAt, rule: 'lock.free', sentence: whose };
};
