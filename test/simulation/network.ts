/** Who hears whom. */
import type { Machine, World } from './world.ts';

export const hears = ({ severed }: World, from: Machine, to: Machine): boolean =>
  from === to || severed[from.index]?.[to.index] === 0;

export const hearEachOther = (world: World, a: Machine, b: Machine): boolean =>
  hears(world, a, b) && hears(world, b, a);

/** @param by 1 cuts, -1 heals: a passage is open again when all who have cut it have healed it */
export const sever = ({ severed }: World, from: Machine, to: Machine, by: 1 | -1): void => {
  const row = severed[from.index];
  if (row !== undefined && from !== to) row[to.index] = (row[to.index] ?? 0) + by;
};
