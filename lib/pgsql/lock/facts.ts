import type { LockAnswer } from '../../distlock/answer.ts';
import type { Arbiter, Held, Seen } from '../../distlock/arbiter.ts';
import type { Listed } from '../../distlock/decide/holding.ts';
import type { GuardPlace } from '../../distlock/guard/guard.ts';
import type { ListedNodes } from './ask-listed.ts';

/** What a rule may know of the lock's parameters. */
export interface LockConfig {
  readonly leaseMs: number;
  /** how long a promotion tries to get it */
  readonly timeoutMs: number;
}

/** Where the lock and the guard of its lease are. */
export interface LockInstallation extends LockConfig {
  readonly arbiter: Arbiter;
  readonly guard: GuardPlace;
  /** what starts the guard, without its own arguments */
  readonly guardCommand: readonly string[];
  /** distlock_lockservice_deadcheck_nodelist */
  readonly listed?: ListedNodes;
}

/**
 * - renewed: a primary, or a node that has just taken it, has asked for it once more
 * - looked: a standby has looked who has it
 */
export type LockQuestion =
  | { readonly kind: 'renewed'; readonly answer: LockAnswer<Held> }
  | { readonly kind: 'looked'; readonly answer: LockAnswer<Seen> }
  | { readonly kind: 'not-asked' };

/** What an operation asks of the arbiter. */
export type Asking = 'renew' | 'look' | 'nothing';

/** All times are milliseconds since boot, but for `wallMs`. */
export interface LockFacts {
  /** of distlock_lockservice_deadcheck_nodelist, where this operation has had to ask it */
  readonly listed?: readonly Listed[];
  readonly question: LockQuestion;
  /** from before the question */
  readonly sentAtMs: number;
  /** from after the answer */
  readonly answeredAtMs: number;
  /** of the wall clock, since 1970, at `answeredAtMs`: for showing, and for noticing that it was set back */
  readonly wallMs: number;
  readonly guard: {
    /** when it ends PostgreSQL; undefined where it has nothing to watch */
    readonly quitAtMs: number | undefined;
    /** why it cannot be relied upon */
    readonly objection: string | undefined;
  };
}
