/**
 * Corosync: rings of members, and messages that reach all members of a ring in one order. A ring of which one member does
 * not hear another stands still until it has formed anew; each part does that in a time of its own, so that a node that was
 * cut off may know of it later than the others.
 */
import { hearEachOther } from '../network.ts';
import { between, chance, shuffled } from '../random.ts';
import { after } from '../time.ts';
import { isUp, type Stack, tell, type World } from '../world.ts';
import { onRingFormed } from './controller.ts';

export interface Ring {
  readonly members: readonly Stack[];
  isIntact: boolean;
  /** it will form anew, or has */
  isGivenUp: boolean;
  /** sent, and not delivered since the ring stands still */
  readonly pending: Message[];
  lastDeliveryMs: number;
  /** of the designated controller, once all have joined it */
  dc: Stack | undefined;
}

interface Message {
  readonly from: Stack;
  readonly take: (member: Stack) => void;
  /** it was on its way when the ring broke: others may have it without the sender */
  readonly wasSent: boolean;
}

/** Token and consensus time, with what it takes to form a ring. */
const NOTICE_MS = [900, 2400] as const;
const MERGE_MS = [100, 600] as const;

const isAlive = (stack: Stack): boolean => !stack.isOver && isUp(stack.machine);

const isWhole = (world: World, members: readonly Stack[]): boolean =>
  members.every(
    (a, index) =>
      isAlive(a) && members.every((b, other) => other <= index || hearEachOther(world, a.machine, b.machine)),
  );

/** Sends to all members, the sender included. Each takes it in the same order, though not at the same time. */
export const broadcast = (world: World, from: Stack, take: (member: Stack) => void): void => {
  const { ring } = from;
  if (ring === undefined) return;
  if (!ring.isIntact) {
    ring.pending.push({ from, take, wasSent: false });
    return;
  }
  const at = Math.max(ring.lastDeliveryMs, world.agenda.nowMs + between(world.random, 0.3, 1.5));
  ring.lastDeliveryMs = at;
  after(world, at - world.agenda.nowMs, undefined, () => {
    if (ring.isIntact) deliver(world, ring.members, take);
    else ring.pending.push({ from, take, wasSent: true });
  });
};

const deliver = (world: World, members: readonly Stack[], take: (member: Stack) => void): void => {
  for (const member of members) {
    if (member.isOver) continue;
    const { inbox } = member.machine.slow;
    if (inbox === 0 && member.inbox.length === 0) take(member);
    else {
      member.inbox.push(take);
      member.inboxReadyMs = Math.max(member.inboxReadyMs, world.agenda.nowMs + inbox);
      after(world, member.inboxReadyMs - world.agenda.nowMs, member, () => {
        member.inbox.shift()?.(member);
        world.onDelivery();
      });
    }
  }
  world.onDelivery();
};

/** It takes in at once what has reached it. */
export const takeIn = (member: Stack): void => {
  for (const take of member.inbox.splice(0)) take(member);
};

/** Corosync starts on a machine: alone at first. */
export const joinNetwork = (world: World, stack: Stack): void => {
  form(world, [stack]);
  onConnectivity(world);
};

/** Whoever changes who hears whom, or who is alive, says so here. */
export const onConnectivity = (world: World): void => {
  for (const ring of ringsOf(world)) {
    const isWholeNow = isWhole(world, ring.members);
    if (ring.isIntact && !isWholeNow) {
      ring.isIntact = false;
      for (const part of partsOf(world, ring.members))
        after(world, between(world.random, ...NOTICE_MS), undefined, () => reform(world, ring, part));
    } else if (!ring.isIntact && isWholeNow && !ring.isGivenUp) {
      ring.isIntact = true;
      for (const message of ring.pending.splice(0)) deliver(world, ring.members, message.take);
    }
  }
  seekMerge(world);
};

export const ringsOf = (world: World): readonly Ring[] => [
  ...new Set(world.machines.flatMap(({ stack }) => (stack?.ring === undefined ? [] : [stack.ring]))),
];

/** Those who hear one another, in parts; who goes with whom is chance where that is not unique. */
const partsOf = (world: World, members: readonly Stack[]): Stack[][] => {
  const parts: Stack[][] = [];
  for (const stack of shuffled(world.random, members)) {
    if (stack.isOver) continue;
    const part = isAlive(stack)
      ? parts.find((others) =>
          others.every((o) => isAlive(o) && hearEachOther(world, o.machine, stack.machine)),
        )
      : undefined;
    if (part === undefined) parts.push([stack]);
    else part.push(stack);
  }
  return parts;
};

/** Those of a part who still hear one another form a ring. A frozen one notices when it is thawed, which is soon: its token has long been lost. */
const reform = (world: World, ring: Ring, part: readonly Stack[]): void => {
  if (ring.isIntact) return;
  const left = part.filter((stack) => !stack.isOver && stack.ring === ring);
  const [members, ...others] = partsOf(world, left).filter((each) => each.every(isAlive));
  for (const stack of left) {
    if (members?.includes(stack)) continue;
    const together = others.find((each) => each.includes(stack)) ?? [stack];
    after(world, between(world.random, 1, 300), stack, () => reform(world, ring, together));
  }
  if (members === undefined) return;
  ring.isGivenUp = true;
  const inherited = ring.pending.filter(
    ({ from, wasSent }) => members.includes(from) || (wasSent && chance(world.random, 0.5)),
  );
  form(world, members);
  for (const { take } of inherited) deliver(world, members, take);
  seekMerge(world);
};

const form = (world: World, members: readonly Stack[]): void => {
  const ring: Ring = {
    members,
    isIntact: true,
    isGivenUp: false,
    pending: [],
    lastDeliveryMs: world.agenda.nowMs,
    dc: undefined,
  };
  const before = members.map((stack) => stack.ring);
  const total = world.machines.length;
  for (const stack of members) {
    stack.ring = ring;
    if (members.length === total) stack.hasSeenAll = true;
    stack.isQuorate = members.length * 2 > total || (total === 2 && stack.hasSeenAll);
  }
  if (world.story !== undefined) {
    const names = members.map(({ machine }) => machine.name).join(', ');
    tell(world, 'corosync', `members: ${names}${members[0]?.isQuorate ? '' : ' (no quorum)'}`);
  }
  onRingFormed(world, ring, before);
};

const seekMerge = (world: World): void => {
  const rings = ringsOf(world).filter((ring) => ring.isIntact);
  for (const [index, a] of rings.entries()) {
    for (const b of rings.slice(index + 1)) {
      if (isWhole(world, [...a.members, ...b.members])) {
        after(world, between(world.random, ...MERGE_MS), undefined, () => merge(world, a, b));
        return;
      }
    }
  }
};

const merge = (world: World, a: Ring, b: Ring): void => {
  const members = [...a.members, ...b.members];
  const areStillThere = members.every(({ ring }) => ring === a || ring === b) && a.isIntact && b.isIntact;
  if (areStillThere && isWhole(world, members)) {
    a.isIntact = false;
    b.isIntact = false;
    a.isGivenUp = true;
    b.isGivenUp = true;
    form(
      world,
      members.sort((x, y) => x.machine.index - y.machine.index),
    );
    // What was under way arrives in the new ring.
    for (const ring of [a, b]) for (const { take } of ring.pending.splice(0)) deliver(world, members, take);
  }
  seekMerge(world);
};
