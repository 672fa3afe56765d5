import type { Attempt } from '../../../lab/client/local-writers.ts';

let number = 0;

/** Of 100 ms, acknowledged. */
export const at = (node: string, endedMs: number, more: Partial<Attempt> = {}): Attempt => {
  number += 1;
  return {
    ...{ node, number, endedMs, beganMs: endedMs - 100, acknowledged: true, timeline: 1, error: '' },
    ...more,
  };
};

/** One every 200 ms. */
export const each = (node: string, fromMs: number, toMs: number, more: Partial<Attempt> = {}): Attempt[] =>
  Array.from({ length: Math.floor((toMs - fromMs) / 200) }, (_, i) => at(node, fromMs + 200 * (i + 1), more));
