/** Which faults a round has: its seed decides (pure). */
import { below, chance, type Random, seeded } from '../../test/simulation/random.ts';
import { describe, drawFault, type Fault, nameOf, type Place } from './faults.ts';

export interface Timed {
  readonly fault: Fault;
  /** since the first fault began */
  readonly afterMs: number;
}

export interface Round {
  /** A campaign with this seed begins with this round. */
  readonly seed: number;
  readonly faults: readonly [Timed, ...Timed[]];
}

const TWO_AT_ONCE = 0.3;
const LATEST_SECOND_MS = 4_000;

/** Whoever has one of these has nothing else at the same time: it would not be noticed, or could not be ended. */
const isWhole = ({ kind }: Fault): boolean =>
  ['off', 'freeze', 'full-disk', 'hung-disk', 'slow-disk'].includes(kind);

const isLink = ({ kind }: Fault): boolean => ['cut', 'flap', 'one-way', 'between'].includes(kind);

const placesOf = (fault: Fault): readonly Place[] =>
  'to' in fault ? [fault.place, fault.to] : [fault.place];

const goTogether = (one: Fault, other: Fault): boolean => {
  const isShared = placesOf(one).some((place) => placesOf(other).includes(place));
  // A link that is mended for one fault is mended for the other.
  if (isLink(one) && isLink(other)) return !isShared;
  return one.place !== other.place || (one.kind !== other.kind && !isWhole(one) && !isWhole(other));
};

const drawSecond = (random: Random, first: Fault): Fault => {
  for (;;) {
    const second = drawFault(random);
    if (goTogether(first, second)) return second;
  }
};

export const roundOf = (seed: number): Round => {
  // Neighbours among the seeds have nothing to do with each other.
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
  const first: Timed = { fault: drawFault(random), afterMs: 0 };
  if (!chance(random, TWO_AT_ONCE)) return { seed, faults: [first] };
  const second = drawSecond(random, first.fault);
  return { seed, faults: [first, { fault: second, afterMs: below(random, LATEST_SECOND_MS) }] };
};

/** By which --only chooses, and under which the report counts. */
export const idOf = ({ faults }: Round): string => faults.map(({ fault }) => nameOf(fault)).join(' + ');

export const storyOf = ({ faults }: Round): string =>
  faults
    .map(({ fault, afterMs }) => `${describe(fault)}${afterMs === 0 ? '' : ` after ${afterMs} ms`}`)
    .join(' + ');

/** Does it need nodes with clocks of their own? */
export const setsClock = ({ faults }: Round): boolean => faults.some(({ fault }) => fault.kind === 'clock');

/** Rare faults may be asked for: so many seeds are looked at before there seem to be none. */
const MOST_SEEDS = 100_000;

/** The first so many rounds whose names match, from that seed on. @returns fewer if there are no more */
export const roundsFrom = (seed: number, count: number, only: RegExp | undefined): readonly Round[] => {
  const rounds: Round[] = [];
  for (let i = 0; i < MOST_SEEDS && rounds.length < count; i++) {
    const round = roundOf(seed + i);
    if (only === undefined || only.test(idOf(round))) rounds.push(round);
  }
  return rounds;
};
