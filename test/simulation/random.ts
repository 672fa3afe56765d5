/** Chance that can be repeated: everything in a simulated cluster that could be one way or the other is drawn from here. */
export interface Random {
  state: number;
}

export const seeded = (seed: number): Random => ({ state: seed | 0 });

/** mulberry32: at least 0, below 1 */
export const uniform = (random: Random): number => {
  random.state = (random.state + 0x6d2b79f5) | 0;
  let t = Math.imul(random.state ^ (random.state >>> 15), 1 | random.state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

export const between = (random: Random, low: number, high: number): number =>
  low + uniform(random) * (high - low);

/** A whole number, at least 0 and below `count` */
export const below = (random: Random, count: number): number => Math.floor(uniform(random) * count);

export const chance = (random: Random, probability: number): boolean => uniform(random) < probability;

export const pick = <T>(random: Random, list: readonly T[]): T => {
  const chosen = list[below(random, list.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
};

export const shuffled = <T>(random: Random, list: readonly T[]): T[] => {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    const [a, b] = [result[i] as T, result[j] as T];
    result[i] = b;
    result[j] = a;
  }
  return result;
};
