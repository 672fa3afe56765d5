import { readFileSync } from 'node:fs';

/** A point on the monotonic clock: a changed wall clock neither shortens nor lengthens it. */
export interface Deadline {
  /** Milliseconds that are left, never below 0; `Infinity` for a deadline that never comes. */
  readonly remainingMs: () => number;
  readonly expired: () => boolean;
}

/**
 * Milliseconds on the monotonic clock, for measuring how long something took. It begins with this process, as
 * performance.now() does, which would load all of node:perf_hooks.
 */
export const monotonicMs = (): number => process.uptime() * 1000;

const deadlineAt = (atMs: number): Deadline => ({
  remainingMs: () => Math.max(0, atMs - monotonicMs()),
  expired: () => monotonicMs() >= atMs,
});

export const deadlineIn = (ms: number): Deadline => deadlineAt(monotonicMs() + ms);

export const earlier = (a: Deadline, b: Deadline): Deadline => (a.remainingMs() <= b.remainingMs() ? a : b);

/** The given deadline, or `maxMs` from now if that comes first. */
export const within = (deadline: Deadline, maxMs: number): Deadline => earlier(deadline, deadlineIn(maxMs));

/**
 * Milliseconds since this machine was booted: monotonic like the above, and comparable between processes. As uptime()
 * of node:os, which is not loaded for it (proc(5)).
 */
export const sinceBootMs = (): number => Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;

/** The wall clock, in milliseconds since 1970. For showing, never for measuring. */
export const wallClockMs = (): number => Date.now();

/** For polling loops. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** setTimeout() takes at most 2^31-1 ms and fires at once beyond that. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `expire` when the deadline has come, unless the returned function is called first. An answer that is there by then counts,
 * also where this process was too busy to take it: Node.js runs timers before input, and immediates after it.
 */
export const onExpiry = (deadline: Deadline, expire: () => void): (() => void) => {
  let afterInput: NodeJS.Immediate | undefined;
  const timer = setTimeout(
    () => {
      afterInput = setImmediate(expire);
    },
    Math.min(Math.ceil(deadline.remainingMs()), LONGEST_TIMER_MS),
  );
  return () => {
    clearTimeout(timer);
    clearImmediate(afterInput);
  };
};
