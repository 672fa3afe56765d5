/** Simulated time: what is to happen, in its order. */
import type { World } from './world.ts';

/** What lives on a machine, and ends: what was to happen in it does not happen after that. */
export interface Life {
  isOver: boolean;
  /** while it is frozen, nothing happens in it; see thaw */
  readonly machine: { isFrozen: boolean; readonly missed: Happening[] };
}

export interface Happening {
  readonly atMs: number;
  /** of two at one time the earlier planned comes first */
  readonly order: number;
  readonly life: Life | undefined;
  readonly run: () => void;
}

export interface Agenda {
  nowMs: number;
  planned: number;
  happened: number;
  /** a binary heap, the next one first */
  readonly heap: Happening[];
}

export const emptyAgenda = (): Agenda => ({ nowMs: 0, planned: 0, happened: 0, heap: [] });

const isBefore = (a: Happening, b: Happening): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** @param life in which it happens; undefined is the world around the machines */
export const after = ({ agenda }: World, delayMs: number, life: Life | undefined, run: () => void): void => {
  push(agenda.heap, { atMs: agenda.nowMs + delayMs, order: agenda.planned++, life, run });
};

/** Lets the next thing happen. @returns false when nothing is left */
export const advance = ({ agenda }: World): boolean => {
  const next = pop(agenda.heap);
  if (next === undefined) return false;
  agenda.nowMs = next.atMs;
  agenda.happened++;
  const { life } = next;
  if (life === undefined) next.run();
  else if (life.isOver) return true;
  else if (life.machine.isFrozen) life.machine.missed.push(next);
  else next.run();
  return true;
};

/** What a frozen machine has missed happens now, in its order. */
export const catchUp = (world: World, machine: Life['machine']): void => {
  for (const { life, run } of machine.missed.splice(0)) after(world, 0, life, run);
};

const push = (heap: Happening[], entry: Happening): void => {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Happening;
    if (!isBefore(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
};

const pop = (heap: Happening[]): Happening | undefined => {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child++;
    const below = heap[child] as Happening;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
  return first;
};
