/** What may happen to two nodes and an arbiter, one thing or two, and in which order it ends (pure). */

/** P is who is the primary when it begins, S its standby, A the arbiter. */
export type Place = 'P' | 'S' | 'A';

export type Trouble =
  | { readonly kind: 'cut'; readonly from: Place; readonly to: Place; readonly isOneWay: boolean }
  | { readonly kind: 'off' | 'frozen'; readonly place: Place }
  | { readonly kind: 'arbiter-empty' | 'arbiter-slow' | 'pacemaker-killed' }
  | { readonly kind: 'clock'; readonly place: Place; readonly clock: 'fast' | 'slow' };

export interface Case {
  readonly section: 'single' | 'pair' | 'loss';
  readonly begins: readonly Trouble[];
  /** the second one begins when it is decided what comes of the first; else both at once */
  readonly isLater: boolean;
  readonly heals: readonly Trouble[];
}

const OFF: Readonly<Record<Place, string>> = {
  P: 'P loses its power',
  S: 'S loses its power',
  A: 'the arbiter is killed',
};

export const nameOf = (trouble: Trouble): string => {
  switch (trouble.kind) {
    case 'cut':
      return `${trouble.from} ${trouble.isOneWay ? '→' : '↔'} ${trouble.to}`;
    case 'off':
      return OFF[trouble.place];
    case 'frozen':
      return `${trouble.place} is frozen${trouble.place === 'P' ? ', with its guard' : ''}`;
    case 'arbiter-empty':
      return 'the arbiter comes back empty, and is initialised later';
    case 'arbiter-slow':
      return 'each answer of the arbiter comes 3 s late';
    case 'pacemaker-killed':
      return 'Pacemaker is killed on P, and PostgreSQL runs on';
    case 'clock':
      return `the clock of ${trouble.place === 'A' ? 'the arbiter' : trouble.place} is set an hour ${trouble.clock}`;
  }
};

export const beginOf = ({ begins, isLater }: Case): string =>
  begins.map(nameOf).join(isLater ? ', then ' : ' and ');

export const healOf = ({ heals }: Case): string => heals.map(nameOf).join(', then ');

/** What a case is called in the file of the results, and what --only looks at. */
export const idOf = (each: Case): string =>
  each.heals.length < 2 ? beginOf(each) : `${beginOf(each)}; healed: ${healOf(each)}`;

const LINKS = [
  ['P', 'S'],
  ['P', 'A'],
  ['S', 'A'],
] as const;

const cut = (from: Place, to: Place, isOneWay: boolean): Trouble => ({ kind: 'cut', from, to, isOneWay });

const cutsOf = ([one, other]: readonly [Place, Place]): readonly Trouble[] => [
  cut(one, other, false),
  cut(one, other, true),
  cut(other, one, true),
];

const CUTS: readonly Trouble[] = LINKS.flatMap(cutsOf);

/** Two cuts of the same link are one. */
const PAIRS_OF_CUTS: readonly (readonly [Trouble, Trouble])[] = LINKS.flatMap((link, i) =>
  LINKS.slice(i + 1).flatMap((other) =>
    cutsOf(link).flatMap((first) => cutsOf(other).map((second) => [first, second] as const)),
  ),
);

const OTHERS: readonly Trouble[] = [
  { kind: 'off', place: 'P' },
  { kind: 'off', place: 'S' },
  { kind: 'off', place: 'A' },
  { kind: 'arbiter-empty' },
  { kind: 'arbiter-slow' },
  { kind: 'frozen', place: 'P' },
  { kind: 'frozen', place: 'S' },
  { kind: 'pacemaker-killed' },
];

const CLOCKS: readonly Trouble[] = (['P', 'S', 'A'] as const).flatMap((place) =>
  (['fast', 'slow'] as const).map((clock): Trouble => ({ kind: 'clock', place, clock })),
);

/** Is it played where the nodes have clocks of their own? */
export const setsClock = ({ begins }: Case): boolean => begins.some(({ kind }) => kind === 'clock');

const inBothOrders = (one: Trouble, other: Trouble): readonly (readonly Trouble[])[] => [
  [one, other],
  [other, one],
];

const isOneWay = (trouble: Trouble): boolean => trouble.kind === 'cut' && trouble.isOneWay;

/** At once, and one after the other; of those, only what is cut in both directions. */
const pairsOf = (first: Trouble, second: Trouble): readonly Case[] =>
  [
    { begins: [first, second], isLater: false },
    ...([first, second].some(isOneWay)
      ? []
      : inBothOrders(first, second).map((begins) => ({ begins, isLater: true }))),
  ].flatMap((begin) =>
    inBothOrders(first, second).map((heals): Case => ({ section: 'pair', ...begin, heals })),
  );

/** A node that is lost while something else is wrong. */
const LOSSES: readonly Case[] = [OTHERS[0], OTHERS[1], OTHERS[5]].flatMap((loss) =>
  [...LINKS.map(([one, other]) => cut(one, other, false)), OTHERS[2]].flatMap((other) =>
    loss === undefined || other === undefined
      ? []
      : inBothOrders(other, loss).map(
          (heals): Case => ({ section: 'loss', begins: [other, loss], isLater: true, heals }),
        ),
  ),
);

export const CASES: readonly Case[] = [
  ...[...CUTS, ...OTHERS, ...CLOCKS].map(
    (trouble): Case => ({ section: 'single', begins: [trouble], isLater: false, heals: [trouble] }),
  ),
  ...PAIRS_OF_CUTS.flatMap(([first, second]) => pairsOf(first, second)),
  ...LOSSES,
];
