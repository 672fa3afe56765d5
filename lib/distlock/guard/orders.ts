/** What the agent and the guard of its lease write for each other: one line each, in a directory for root alone on a tmpfs. */

/** A process, and not another one that got its number later. */
export interface ProcessKey {
  readonly pid: number;
  readonly startTicks: bigint;
}

/** From the agent. All times are milliseconds since boot, which no wall clock changes and which go on while a machine sleeps. */
export type GuardOrders =
  | {
      readonly kind: 'watch';
      /** Grows with each order. */
      readonly sequence: number;
      readonly postmaster: ProcessKey;
      readonly quitAtMs: number;
      readonly killAtMs: number;
    }
  | { readonly kind: 'end'; readonly sequence: number };

/** From the guard. */
export interface LifeSign {
  readonly guard: ProcessKey;
  /** Of the newest order that it has read. */
  readonly sequence: number;
  readonly atMs: number;
  /** What it has had to do. */
  readonly reached: GuardStage;
  /** When it ends PostgreSQL, by its own renewals, too; 0 where it has nothing to watch. */
  readonly quitAtMs: number;
}

export type GuardStage = 'watching' | 'quit' | 'killed';

const STAGES: readonly GuardStage[] = ['watching', 'quit', 'killed'];

/**
 * The last word is there only when the whole line is, and what grows with each line stands at its end, too: of a line that was
 * overwritten in this moment no half passes for a whole.
 */
const END = 'end-of-line';

export const formatOrders = (orders: GuardOrders): string =>
  orders.kind === 'end'
    ? `end ${orders.sequence} ${orders.sequence} ${END}\n`
    : `watch ${orders.sequence} ${formatKey(orders.postmaster)} ${Math.floor(orders.quitAtMs)} ${Math.floor(orders.killAtMs)} ${orders.sequence} ${END}\n`;

export const parseOrders = (text: string): GuardOrders | undefined => {
  const match = /^(?:end (\d+)|watch (\d+) (\d+) (\d+) (\d+) (\d+)) (\d+) end-of-line\n+$/.exec(text);
  if (match === null) return undefined;
  const [, end, sequence, pid = '', ticks = '', quit, kill, last] = match;
  if ((end ?? sequence) !== last) return undefined;
  if (end !== undefined) return { kind: 'end', sequence: Number(end) };
  return {
    kind: 'watch',
    sequence: Number(sequence),
    postmaster: { pid: Number(pid), startTicks: BigInt(ticks) },
    quitAtMs: Number(quit),
    killAtMs: Number(kill),
  };
};

export const formatLifeSign = ({ guard, sequence, atMs, reached, quitAtMs }: LifeSign): string =>
  `${formatKey(guard)} ${sequence} ${Math.floor(atMs)} ${reached} ${Math.floor(quitAtMs)} ${Math.floor(atMs)} ${END}\n`;

export const parseLifeSign = (text: string): LifeSign | undefined => {
  const [, pid = '', ticks = '', sequence, at, stage, quit, last] =
    /^(\d+) (\d+) (\d+) (\d+) (\w+) (\d+) (\d+) end-of-line\n+$/.exec(text) ?? [];
  const reached = STAGES.find((each) => each === stage);
  if (reached === undefined || at !== last) return undefined;
  const guard = { pid: Number(pid), startTicks: BigInt(ticks) };
  return { guard, sequence: Number(sequence), atMs: Number(at), reached, quitAtMs: Number(quit) };
};

const formatKey = ({ pid, startTicks }: ProcessKey): string => `${pid} ${startTicks}`;
