/** What may happen to a node of a cluster of three, and what it is called (pure). */
import { below, pick, type Random } from '../../test/simulation/random.ts';

/** Who a node is when the round begins. */
export const PLACES = ['primary', 'sync', 'other'] as const;
export type Place = (typeof PLACES)[number];

/** Of PostgreSQL; `backend` is the client's, and `walsender` one of those on the primary. */
export const SERVER_PROCESSES = [
  ...['postmaster', 'checkpointer', 'walwriter', 'backend', 'walsender', 'walreceiver', 'startup'],
] as const;

export const CLUSTER_PROCESSES = [
  ...['corosync', 'pacemakerd', 'pacemaker-based', 'pacemaker-controld', 'pacemaker-attrd'],
  ...['pacemaker-execd', 'pacemaker-schedulerd', 'pacemaker-fenced'],
] as const;

/**
 * `unreadable`: PostgreSQL is killed as well, since a running server keeps its old rules. `no-replication`: standbys are
 * refused, and lose the connections that they have. `nobody`: every new connection is refused, the agent's too.
 */
export const HBA_MISTAKES = ['unreadable', 'no-replication', 'nobody'] as const;
export type HbaMistake = (typeof HBA_MISTAKES)[number];

export const CLOCKS = ['fast', 'slow'] as const;

interface Lasting {
  readonly place: Place;
  readonly seconds: number;
}

export type Fault =
  | { readonly kind: 'kill'; readonly process: string; readonly place: Place }
  /** SIGSTOP, and SIGCONT in the end */
  | ({ readonly kind: 'stop'; readonly process: string } & Lasting)
  | ({ readonly kind: 'off' | 'cut' | 'freeze' } & Lasting)
  | { readonly kind: 'flap'; readonly place: Place; readonly times: number; readonly eachMs: number }
  /** what the place sends to the other one is lost; or both ways */
  | ({ readonly kind: 'one-way' | 'between'; readonly to: Place } & Lasting)
  /** no room; no write and no fsync ends, reads do; each write takes a fifth of a second */
  | ({ readonly kind: 'full-disk' | 'hung-disk' | 'slow-disk' } & Lasting)
  | ({ readonly kind: 'hba'; readonly mistake: HbaMistake } & Lasting)
  | ({ readonly kind: 'clock'; readonly clock: (typeof CLOCKS)[number] } & Lasting);

/** What it is called in reports and for --only, without how long it lasts. */
export const nameOf = (fault: Fault): string => {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
      return `${fault.kind}-${fault.process}@${fault.place}`;
    case 'one-way':
    case 'between':
      return `${fault.kind}@${fault.place}-${fault.to}`;
    case 'hba':
      return `hba-${fault.mistake}@${fault.place}`;
    case 'clock':
      return `clock-${fault.clock}@${fault.place}`;
    default:
      return `${fault.kind}@${fault.place}`;
  }
};

const lasting = (fault: Fault): string => {
  if (fault.kind === 'kill') return '';
  return fault.kind === 'flap'
    ? ` (${fault.times} times ${fault.eachMs} ms)`
    : ` (${fault.seconds.toFixed(1)} s)`;
};

export const describe = (fault: Fault): string => `${nameOf(fault)}${lasting(fault)}`;

/** Where each process of PostgreSQL is found. */
const placesOf = (process: string): readonly Place[] => {
  if (['backend', 'walsender', 'walwriter'].includes(process)) return ['primary'];
  return ['walreceiver', 'startup'].includes(process) ? ['sync', 'other'] : PLACES;
};

const SHORTEST_SECONDS = 1;

const upTo = (random: Random, mostSeconds: number): number =>
  SHORTEST_SECONDS + below(random, 10 * (mostSeconds - SHORTEST_SECONDS) + 1) / 10;

const serverProcess = (random: Random): { process: string; place: Place } => {
  const process = pick(random, SERVER_PROCESSES);
  return { process, place: pick(random, placesOf(process)) };
};

const clusterProcess = (random: Random): { process: string; place: Place } => ({
  process: pick(random, CLUSTER_PROCESSES),
  place: pick(random, PLACES),
});

const stretch = (random: Random, mostSeconds: number): Lasting => ({
  place: pick(random, PLACES),
  seconds: upTo(random, mostSeconds),
});

const other = (random: Random, place: Place): Place =>
  pick(
    random,
    PLACES.filter((each) => each !== place),
  );

const link = (random: Random, kind: 'one-way' | 'between'): Fault => {
  const lasts = stretch(random, 12);
  return { kind, ...lasts, to: other(random, lasts.place) };
};

/** How often each is drawn, and its draw. A disk that hangs for a minute is one that only fencing helps against. */
const DRAWS: readonly (readonly [weight: number, draw: (random: Random) => Fault])[] = [
  [4, (random) => ({ kind: 'kill', ...serverProcess(random) })],
  [4, (random) => ({ kind: 'kill', ...clusterProcess(random) })],
  [1, (random) => ({ kind: 'stop', ...serverProcess(random), seconds: upTo(random, 12) })],
  [1, (random) => ({ kind: 'stop', ...clusterProcess(random), seconds: upTo(random, 12) })],
  [2, (random) => ({ kind: 'off', ...stretch(random, 12) })],
  [2, (random) => ({ kind: 'cut', ...stretch(random, 12) })],
  [2, (random) => link(random, 'one-way')],
  [1, (random) => link(random, 'between')],
  [
    1,
    (random) => ({
      ...{ kind: 'flap', place: pick(random, PLACES), times: 2 + below(random, 4) },
      eachMs: 300 + 100 * below(random, 25),
    }),
  ],
  [2, (random) => ({ kind: 'freeze', ...stretch(random, 12) })],
  [1, (random) => ({ kind: 'full-disk', ...stretch(random, 25) })],
  [1, (random) => ({ kind: 'hung-disk', ...stretch(random, 15) })],
  [1, (random) => ({ kind: 'slow-disk', ...stretch(random, 15) })],
  [1, (random) => ({ kind: 'hba', mistake: pick(random, HBA_MISTAKES), ...stretch(random, 10) })],
  [1, (random) => ({ kind: 'clock', clock: pick(random, CLOCKS), ...stretch(random, 10) })],
];

const SUM = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

export const drawFault = (random: Random): Fault => {
  let left = below(random, SUM);
  for (const [weight, draw] of DRAWS) {
    if (left < weight) return draw(random);
    left -= weight;
  }
  throw new RangeError('the weights do not add up');
};
