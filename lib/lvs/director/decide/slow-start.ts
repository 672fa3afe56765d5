/** Weights rise in whole numbers, and never from 0: a newcomer shall be tried. */
export const risingWeight = (weight: number, elapsedMs: number, slowStartMs: number): number =>
  Math.min(weight, Math.max(1, Math.ceil((weight * elapsedMs) / slowStartMs)));
