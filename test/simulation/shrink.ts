/** Delta debugging: the fewest faults, out of those that led to a violation, that still lead to it. */

/** @param fails does this list still show it? It must for the whole list. */
export const shrink = <T>(list: readonly T[], fails: (list: readonly T[]) => boolean): readonly T[] => {
  let current = list;
  let parts = 2;
  while (current.length > 0) {
    const size = Math.ceil(current.length / parts);
    const without = Array.from({ length: Math.ceil(current.length / size) }, (_, index) =>
      current.filter((_item, at) => Math.floor(at / size) !== index),
    );
    const smaller = without.find(fails);
    if (smaller !== undefined) {
      current = smaller;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(current.length, parts * 2);
  }
  return current;
};
