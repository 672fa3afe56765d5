/** What may happen to two nodes and an arbiter, one thing or two, and what comes of it: run by the model, told in a table. */
import { NODES, type Place, TICK_MS, TwoNodes } from './two-nodes-model.ts';

/** Something that begins, and may end. The primary is node1 when it begins. */
export interface Trouble {
  /** P is who was the primary, S its standby, A the arbiter. */
  readonly name: string;
  readonly begin: (cluster: TwoNodes) => void;
  readonly end: (cluster: TwoNodes) => void;
}

const P = 'node1';
const S = 'node2';
const A = 'arbiter';

const LETTERS: Readonly<Record<Place, string>> = { node1: 'P', node2: 'S', arbiter: 'A' };
const LINKS = [
  [P, S],
  [P, A],
  [S, A],
] as const;

const oneWay = (from: Place, to: Place): Trouble => ({
  name: `${LETTERS[from]} → ${LETTERS[to]}`,
  begin: (cluster) => cluster.setLink(from, to, false),
  end: (cluster) => cluster.setLink(from, to, true),
});

const bothWays = (one: Place, other: Place): Trouble => {
  const ways = [oneWay(one, other), oneWay(other, one)];
  return {
    name: `${LETTERS[one]} ↔ ${LETTERS[other]}`,
    begin: (cluster) => ways.forEach(({ begin }) => void begin(cluster)),
    end: (cluster) => ways.forEach(({ end }) => void end(cluster)),
  };
};

const cutsOf = ([one, other]: readonly [Place, Place]): readonly Trouble[] => [
  bothWays(one, other),
  oneWay(one, other),
  oneWay(other, one),
];

export const CUTS: readonly Trouble[] = LINKS.flatMap(cutsOf);

/** Two cuts of the same link are one. */
export const PAIRS_OF_CUTS: readonly (readonly [Trouble, Trouble])[] = LINKS.flatMap((link, i) =>
  LINKS.slice(i + 1).flatMap((other) =>
    cutsOf(link).flatMap((first) => cutsOf(other).map((second) => [first, second] as const)),
  ),
);

const HOUR_MS = 3_600_000;

const ARBITER_DOWN: Trouble = {
  name: 'the arbiter is killed',
  begin: (cluster) => {
    cluster.arbiterUp = false;
  },
  end: (cluster) => {
    cluster.arbiterUp = true;
  },
};

const P_OFF: Trouble = {
  name: 'P loses its power',
  begin: (cluster) => cluster.powerOff(P),
  end: (cluster) => cluster.boot(P),
};

const S_OFF: Trouble = {
  name: 'S loses its power',
  begin: (cluster) => cluster.powerOff(S),
  end: (cluster) => cluster.boot(S),
};

const P_FROZEN: Trouble = {
  name: 'P is frozen, with its guard',
  begin: (cluster) => cluster.freeze(P, true),
  end: (cluster) => cluster.freeze(P, false),
};

/** Anything but a cut. */
export const OTHERS: readonly Trouble[] = [
  P_OFF,
  S_OFF,
  ARBITER_DOWN,
  {
    name: 'the arbiter comes back empty, and is initialised later',
    begin: (cluster) => cluster.emptyArbiter(),
    end: (cluster) => cluster.initialiseArbiter(),
  },
  {
    name: 'each answer of the arbiter comes 3 s late',
    begin: (cluster) => {
      cluster.arbiterSlow = true;
    },
    end: (cluster) => {
      cluster.arbiterSlow = false;
    },
  },
  P_FROZEN,
  {
    name: 'S is frozen',
    begin: (cluster) => cluster.freeze(S, true),
    end: (cluster) => cluster.freeze(S, false),
  },
  {
    name: 'Pacemaker is killed on P, and PostgreSQL runs on',
    begin: (cluster) => cluster.manage(P, false),
    end: (cluster) => cluster.manage(P, true),
  },
  ...[HOUR_MS, -HOUR_MS].flatMap((ms): Trouble[] => {
    const off = `an hour ${ms > 0 ? 'fast' : 'slow'}`;
    return [
      {
        name: `the clock of the arbiter is set ${off}`,
        begin: (cluster) => {
          cluster.arbiterShift = ms;
        },
        end: (cluster) => {
          cluster.arbiterShift = 0;
        },
      },
      {
        name: `the clock of P is set ${off}`,
        begin: (cluster) => {
          cluster.nodes[P].wallShiftMs = ms;
        },
        end: (cluster) => {
          cluster.nodes[P].wallShiftMs = 0;
        },
      },
    ];
  }),
];

/** A node that is lost while something else is wrong. */
export const LOSSES: readonly (readonly [Trouble, Trouble])[] = [P_OFF, S_OFF, P_FROZEN].flatMap((loss) =>
  [...LINKS.map(([one, other]) => bothWays(one, other)), ARBITER_DOWN].map((other) => [other, loss] as const),
);

/** Long enough for a takeover by the word of a standby that has to be waited out, and for a second try. */
export const STAYS_MS = 60_000;
export const LATER_MS = 30_000;
const SETTLES_MS = 60_000;

export interface Outcome {
  /** Who acknowledges writes in the end, as long as it lasts. */
  readonly writer: 'P' | 'S' | 'nobody';
  /** The longest time in which nobody did, from the first trouble to the end of the last wait. */
  readonly gapMs: number;
  readonly why: string;
}

export interface Story {
  readonly during: Outcome;
  readonly afterwards: string;
  /** What must never be: an acknowledged write that is lost, two that acknowledge. */
  readonly faults: readonly string[];
  readonly log: readonly string[];
}

const run = (cluster: TwoNodes, ms: number): void => {
  for (let at = 0; at < ms; at += TICK_MS) cluster.tick();
};

/** @param heals in which they end, after all have begun */
export const play = (
  begins: readonly Trouble[],
  heals: readonly Trouble[],
  pauseMs: 0 | typeof LATER_MS,
): Story => {
  const cluster = new TwoNodes('sync');
  cluster.connectsFirst = true;
  run(cluster, 20_000);
  const fromMs = cluster.now;
  for (const [index, trouble] of begins.entries()) {
    if (index > 0) run(cluster, pauseMs);
    trouble.begin(cluster);
  }
  run(cluster, STAYS_MS);
  const during = outcomeOf(cluster, fromMs);
  for (const trouble of heals) {
    trouble.end(cluster);
    run(cluster, LATER_MS);
  }
  run(cluster, SETTLES_MS);
  return { during, afterwards: describeEnd(cluster), faults: cluster.faults, log: cluster.log };
};

const outcomeOf = (cluster: TwoNodes, fromMs: number): Outcome => {
  const { now, acknowledgements } = cluster;
  const moments = [fromMs, ...acknowledgements.map(({ at }) => at).filter((at) => at > fromMs)];
  const last = acknowledgements.at(-1);
  const writer = last === undefined || last.at < now - 1_000 ? 'nobody' : last.node === P ? 'P' : 'S';
  const gaps = moments.map((at, i) => (moments[i + 1] ?? (writer === 'nobody' ? at : now)) - at);
  return {
    writer,
    gapMs: Math.max(...gaps),
    why: writer === 'nobody' ? whyNobody(cluster) : '',
  };
};

const whyNobody = (cluster: TwoNodes): string => {
  const { node1, node2 } = cluster.nodes;
  const ofP = !node1.alive
    ? 'P is off'
    : node1.frozen
      ? 'P is frozen'
      : node1.role === 'primary'
        ? "P's commits wait for S"
        : 'P has ended itself';
  const isRefused = cluster.log.some((line) => line.includes('node2: promote: lock.alone'));
  const ofS = !node2.alive
    ? 'S is off'
    : isRefused
      ? 'S is refused, since P was alone'
      : 'S does not get the lock';
  return `${ofP}, ${ofS}`;
};

const describeEnd = (cluster: TwoNodes): string => {
  const [primary, ...more] = cluster.primaries;
  if (primary === undefined || more.length > 0) return `${more.length + 1} primaries`;
  const other = NODES.find((name) => name !== primary) ?? primary;
  const { role, diverged } = cluster.nodes[other];
  const [leader, follower] = [LETTERS[primary], LETTERS[other]];
  return diverged
    ? `${leader}; ${follower} is repaired`
    : role === 'standby'
      ? `${leader}`
      : `${leader}; ${follower} is ${role}`;
};
