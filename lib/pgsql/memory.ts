import type { Listed } from '../distlock/decide/holding.ts';
import { formatLsn16, type Lsn, parseLsn16 } from '../postgres/lsn.ts';
import { isNumber, isObject, isText, itemsOf, membersOf, parseJson } from '../system/json.ts';
import { type Apart, parseApart } from './apart-memory.ts';
import { type LockMemory, parseLockMemory } from './lock/memory.ts';

/**
 * What the agent remembers on its own node between two operations, until reboot. Nothing here is needed for safety, and all
 * of it may be lost at any time; but for what `lock` and `apart` say of the past, which a reboot alone ends.
 */
export interface Memory {
  /** when each standby was dropped from synchronous replication, in ms since boot; newest last */
  readonly syncLosses: Readonly<Record<string, readonly number[]>>;
  /** since when each standby that is not in step catches up, in ms since boot; see decide/catch-up.ts */
  readonly catchUps?: Readonly<Record<string, number>>;
  /** equal observations without a primary, and what was observed */
  readonly withoutPrimary: { readonly count: number; readonly seen: string };
  /** the furthest end of the primary's WAL that it reported to this standby */
  readonly primaryEnd?: Lsn;
  /** what the last monitor had to publish; see `rewriteLost` */
  readonly unpublished?: readonly string[];
  /** the server (its pid) for which no watcher could be started; see decide/watch.ts */
  readonly watchTried?: number;
  /** how many monitors in a row have found that PostgreSQL cannot write; see decide/write-check.ts */
  readonly writeFailures?: number;
  /** how many monitors in a row PostgreSQL has refused; see decide/refusal.ts */
  readonly refusals?: number;
  /** what was last told of the lag; see decide/lag.ts */
  readonly lag?: string;
  /** how often the successor of a planned switch was looked at and was not fit yet */
  readonly switchLooks?: { readonly node: string; readonly looks: number };
  /** when this node last looked, as the primary, for a switch that is asked for; in minutes since boot */
  readonly watchedMinute?: number;
  /** monitors begun since `reload-agent`; absent from the second on, see countedSinceReload */
  readonly monitorsSinceReload?: 0 | 1;
  /** only with enable_distlock */
  readonly lock?: LockMemory;
  /** only with quorum_device */
  readonly apart?: Apart;
  /** the lock was taken by this operation; only within one operation */
  readonly holdsLock?: true;
  /** what distlock_lockservice_deadcheck_nodelist has said; only within one operation */
  readonly listed?: readonly Listed[];
  /** since when this operation tries to get the lock, in ms since boot; only within one operation */
  readonly lockSoughtMs?: number;
  /** from where on commits wait for these nodes; only within one operation */
  readonly waitingSince?: { readonly nodes: string; readonly position: Lsn };
  /**
   * PostgreSQL was started by this operation already, or is to be (false); only within one operation. A promotion that
   * found it stopped starts it as a standby first.
   */
  readonly started?: boolean | 'standby';
  /** this promotion opens a timeline; only within one operation */
  readonly opensTimeline?: true;
  /** commits of this server may not wait yet, so that its promotion is confirmed before it ends; only within one operation */
  readonly holdsNothing?: true;
  /** nodes that were offline at one of the looks of a promotion; only within one operation */
  readonly absent?: readonly string[];
  /** why it could not be started; only within one operation */
  readonly startFailure?: string;
  /** the last rule that was logged by each action, so that a steady state is logged once */
  readonly logged: Readonly<Record<string, string>>;
}

/** A value that nobody tells, so that whatever there is to tell is told. */
export const LAG_UNTOLD = '?';

export const EMPTY_MEMORY: Memory = { syncLosses: {}, withoutPrimary: { count: 0, seen: '' }, logged: {} };

/** The text of the memory file; `waitingSince` is left out since a position of another operation proves nothing. */
export const serializeMemory = (memory: Memory): string =>
  JSON.stringify({
    syncLosses: memory.syncLosses,
    withoutPrimary: memory.withoutPrimary,
    logged: memory.logged,
    ...(memory.catchUps === undefined ? {} : { catchUps: memory.catchUps }),
    ...(memory.primaryEnd === undefined ? {} : { primaryEnd: formatLsn16(memory.primaryEnd) }),
    ...(memory.lag === undefined ? {} : { lag: memory.lag }),
    ...(memory.unpublished === undefined ? {} : { unpublished: memory.unpublished }),
    ...(memory.watchTried === undefined ? {} : { watchTried: memory.watchTried }),
    ...(memory.writeFailures === undefined ? {} : { writeFailures: memory.writeFailures }),
    ...(memory.refusals === undefined ? {} : { refusals: memory.refusals }),
    ...(memory.switchLooks === undefined ? {} : { switchLooks: memory.switchLooks }),
    ...(memory.lock === undefined ? {} : { lock: memory.lock }),
    ...(memory.apart === undefined ? {} : { apart: memory.apart }),
    ...(memory.watchedMinute === undefined ? {} : { watchedMinute: memory.watchedMinute }),
    ...(memory.monitorsSinceReload === undefined ? {} : { monitorsSinceReload: memory.monitorsSinceReload }),
  });

/** Total: a file that is damaged or of another version is an empty memory. */
export const parseMemory = (text: string): Memory => {
  const raw = parseJson(text);
  if (!isObject(raw)) return EMPTY_MEMORY;
  const losses = isObject(raw.syncLosses) ? raw.syncLosses : {};
  const without = isObject(raw.withoutPrimary) ? raw.withoutPrimary : {};
  const primaryEnd = isText(raw.primaryEnd) ? parseLsn16(raw.primaryEnd) : undefined;
  const unpublished = itemsOf(raw.unpublished, isText);
  const catchUps = membersOf(raw.catchUps, isNumber);
  const switchLooks = isObject(raw.switchLooks) ? raw.switchLooks : {};
  const lock = parseLockMemory(raw.lock);
  const apart = parseApart(raw.apart);
  return {
    syncLosses: Object.fromEntries(
      Object.entries(losses).map(([node, times]) => [node, itemsOf(times, isNumber)]),
    ),
    withoutPrimary: {
      count: isNumber(without.count) ? without.count : 0,
      seen: isText(without.seen) ? without.seen : '',
    },
    logged: membersOf(raw.logged, isText),
    ...(Object.keys(catchUps).length === 0 ? {} : { catchUps }),
    ...(primaryEnd === undefined ? {} : { primaryEnd }),
    ...(isText(raw.lag) ? { lag: raw.lag } : {}),
    ...(unpublished.length === 0 ? {} : { unpublished }),
    ...(isNumber(raw.watchTried) ? { watchTried: raw.watchTried } : {}),
    ...(isNumber(raw.writeFailures) ? { writeFailures: raw.writeFailures } : {}),
    ...(isNumber(raw.refusals) ? { refusals: raw.refusals } : {}),
    ...(isText(switchLooks.node) && isNumber(switchLooks.looks)
      ? { switchLooks: { node: switchLooks.node, looks: switchLooks.looks } }
      : {}),
    ...(lock === undefined ? {} : { lock }),
    ...(apart === undefined ? {} : { apart }),
    ...(isNumber(raw.watchedMinute) ? { watchedMinute: raw.watchedMinute } : {}),
    ...(raw.monitorsSinceReload === 0 || raw.monitorsSinceReload === 1
      ? { monitorsSinceReload: raw.monitorsSinceReload }
      : {}),
  };
};
