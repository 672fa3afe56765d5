/** Which faults a cluster meets, and when: drawn from a seed, and then a list that can be shortened. */
import { below, between, chance, pick, type Random, seeded, uniform } from '../random.ts';
import { after } from '../time.ts';
import type { Settings, World } from '../world.ts';
import { FAULTS, type FaultKind } from './kinds.ts';

export interface Fault {
  readonly kind: FaultKind;
  readonly node: number;
  readonly other: number;
  readonly amount: number;
  /** it ends after that time, where it does not end by itself */
  readonly forMs: number;
  /** it begins so long after the one before it, or after so many moments if that is earlier: see World.onMoment */
  readonly waitMs: number;
  readonly waitMoments: number;
}

/** Drawn apart. */
type LateKind = 'refuse the agent' | (typeof ARBITERS_BAG)[number];

/** The likelier ones are those that move the primary. */
const WEIGHTS: Readonly<Record<Exclude<FaultKind, LateKind>, number>> = {
  'kill the server': 4,
  'power off': 4,
  freeze: 3,
  isolate: 4,
  'cut between': 2,
  'cut one way': 3,
  'heard by nobody': 2,
  split: 2,
  'kill the agent': 3,
  'kill the cluster software': 2,
  'hold up the agent': 2,
  'hang the server': 1,
  'write attributes late': 3,
  'write attributes twice': 1,
  'bring an old score back': 2,
  'slow cluster software': 3,
  'slow replication': 3,
  'end the receiver': 3,
  'busy checkpointer': 2,
  'fail the resource': 2,
  standby: 1,
  switch: 2,
};

const BAG: readonly FaultKind[] = (Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).flatMap((kind) =>
  Array<FaultKind>(WEIGHTS[kind]).fill(kind),
);

export const scheduleOf = ({ seed, nodes, hasLock }: Settings): readonly Fault[] => {
  const random = seeded(seed ^ 0x5f356495);
  const count = 1 + below(random, chance(random, 0.2) ? 10 : 4);
  const faults = withRefusal(
    seed,
    nodes,
    Array.from({ length: count }, () => draw(random, nodes)),
  );
  return hasLock ? withArbiters(seed, nodes, faults) : faults;
};

const ARBITERS_BAG = [
  'switch off the arbiter',
  'freeze the arbiter',
  'cut from the arbiter',
  'cut from the arbiter',
  'kill the guard',
] as const satisfies readonly FaultKind[];

const isArbiters = (kind: FaultKind): boolean => ARBITERS_BAG.some((each) => each === kind);

/** With a lock what goes wrong with that comes on top, at any place. */
const withArbiters = (seed: number, nodes: number, faults: readonly Fault[]): readonly Fault[] => {
  const random = seeded(seed ^ 0x4c6f636b);
  // Some last longer than a lease.
  const all = faults.map((fault) => (chance(random, 0.4) ? { ...fault, forMs: 4 * fault.forMs } : fault));
  for (let count = below(random, 4); count > 0; count--) {
    const fault: Fault = {
      ...draw(random, nodes),
      kind: pick(random, ARBITERS_BAG),
      // Up to longer than a lease.
      forMs: between(random, 500, 25_000),
    };
    all.splice(below(random, all.length + 1), 0, fault);
  }
  return all;
};

/** In one cluster of five, from chances of its own: seeds in which something was found before it was there keep their faults. */
const withRefusal = (seed: number, nodes: number, faults: readonly Fault[]): readonly Fault[] => {
  const random = seeded(seed ^ 0x28000000);
  if (!chance(random, 0.2)) return faults;
  const at = below(random, faults.length + 1);
  // It stays until somebody mends it.
  const forMs = between(random, 2000, 45_000);
  const refusal: Fault = { ...draw(random, nodes), kind: 'refuse the agent', forMs };
  return [...faults.slice(0, at), refusal, ...faults.slice(at)];
};

const draw = (random: Random, nodes: number): Fault => {
  // Trouble comes where there is trouble: the first two nodes are the likelier ones.
  const node = chance(random, 0.4) ? 0 : below(random, nodes);
  const other = (node + 1 + below(random, nodes - 1)) % nodes;
  const soon = chance(random, 0.6);
  return {
    kind: pick(random, BAG),
    node,
    other,
    amount: uniform(random),
    forMs: chance(random, 0.3) ? between(random, 50, 2500) : between(random, 2500, 10_000),
    waitMs: soon ? between(random, 0, 3000) : between(random, 0, 7000),
    waitMoments: soon ? 1 + below(random, 30) : 1_000_000,
  };
};

/** Lets the faults happen, one after the other. @param whenOver called when all have begun and ended */
export const unleash = (world: World, faults: readonly Fault[], whenOver: () => void): void => {
  const left = [...faults];
  let open = 0;
  let isWaiting = false;
  let momentsLeft = 0;
  const settle = (): void => {
    if (open === 0 && left.length === 0 && !isWaiting) whenOver();
  };
  const arm = (): void => {
    const fault = left.shift();
    if (fault === undefined) {
      settle();
      return;
    }
    isWaiting = true;
    momentsLeft = fault.waitMoments;
    const begin = (): void => {
      if (!isWaiting || world.onMoment !== count) return;
      isWaiting = false;
      world.onMoment = () => {};
      happen(fault);
      arm();
    };
    const count = (): void => {
      if (--momentsLeft <= 0) begin();
    };
    world.onMoment = count;
    after(world, fault.waitMs, undefined, begin);
  };
  const happen = (fault: Fault): void => {
    const node = world.machines[fault.node];
    const other = world.machines[fault.other];
    if (node === undefined || other === undefined) return;
    for (const machine of isArbiters(fault.kind) ? world.machines : [node])
      machine.troubledUntilMs = Infinity;
    const undo = FAULTS[fault.kind]({ world, node, other, amount: fault.amount });
    open++;
    after(world, fault.forMs, undefined, () => {
      undo?.();
      open--;
      settle();
    });
  };
  arm();
};
