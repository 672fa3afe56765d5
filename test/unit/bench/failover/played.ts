import type { Play } from '../../../../bench/failover/plays.ts';

/** A run in which only what a test is about differs from the others. */
export const played = (what: Partial<Play>): Play => ({
  agent: 'pha',
  fault: 'kill9',
  round: 1,
  outageMs: 1000,
  cameBack: true,
  lost: 0,
  writes: [],
  marks: [],
  ...what,
});
