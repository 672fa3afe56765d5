/** How an operation's time is spent: the handler ends by itself at `handlerMs`, and is cut off at `cutOffMs`. */
export interface TimeBudget {
  readonly handlerMs: number;
  readonly cutOffMs: number;
}

/**
 * The executor kills an operation at its timeout and the reason is lost. So the handler's time ends earlier:
 * by 5 % of the timeout, at least 1 s and at most 5 s, but never more than a fifth of a short timeout; half of that
 * margin is left for handlers to return, the other half for writing logs.
 */
export const timeBudget = (timeoutMs: number): TimeBudget => {
  const marginMs = Math.min(Math.max(timeoutMs * 0.05, 1000), 5000, timeoutMs * 0.2);
  return { handlerMs: timeoutMs - marginMs, cutOffMs: timeoutMs - marginMs / 2 };
};
