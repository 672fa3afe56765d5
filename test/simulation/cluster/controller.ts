/**
 * Pacemaker's controllers: after a ring has formed one of them becomes the designated controller, the newest CIB of all
 * members becomes the one of all, and from then on that controller has the resources brought to where they should be.
 */
import { between } from '../random.ts';
import { after } from '../time.ts';
import { type Stack, tell, type World } from '../world.ts';
import { mergeAttributes } from './attributes.ts';
import { type Cib, type CibWrite, newestOf, writeInstanceTo, writeMembershipTo } from './cib.ts';
import { broadcast, type Ring, takeIn } from './corosync.ts';
import { abandonTransition, abortTransition, consider } from './transition.ts';

export const onRingFormed = (world: World, ring: Ring, before: readonly (Ring | undefined)[]): void => {
  const dcs = ring.members.filter((stack) => before.some((old) => old?.dc === stack));
  const [dc] = dcs.length > 0 ? dcs : ring.members;
  if (dc === undefined) return;
  // Nothing new is begun before all have joined; what is under way goes on.
  for (const stack of ring.members) stack.transition = undefined;
  const isShrunk = dcs.length === 1 && new Set(before).size === 1;
  const joinMs = isShrunk ? between(world.random, 5, 60) : between(world.random, 200, 1200);
  const writers = new Set(before.map((old) => old?.members[0]));
  after(world, between(world.random, 5, 150), undefined, () => {
    if (ring.isIntact) mergeAttributes(world, ring, !(writers.size === 1 && writers.has(ring.members[0])));
  });
  after(world, joinMs, undefined, () => completeJoin(world, ring, dc));
};

const completeJoin = (world: World, ring: Ring, dc: Stack): void => {
  if (dc.isOver || dc.ring !== ring) return;
  if (!ring.isIntact) {
    if (!ring.isGivenUp) after(world, 200, dc, () => completeJoin(world, ring, dc));
    return;
  }
  ring.dc = dc;
  // Whoever joins has taken in what reached it, and what is still on its way reaches all of them after this.
  for (const member of ring.members) takeIn(member);
  const newest = newestOf(ring.members.map(({ machine }) => machine.cib));
  const instances = new Map(ring.members.map((stack) => [stack.machine.name, stack.executor.instance]));
  const joined = writeMembershipTo(dc.machine.name, dc.isQuorate, instances)(newest);
  for (const { machine } of ring.members) machine.cib = joined;
  world.onDelivery();
  tell(world, dc.machine, 'is the designated controller, and all have joined');
  abandonTransition(world, dc);
};

/**
 * One write, as cibadmin does it: all members make it in the same order, each to its own CIB. Before all have joined, that of a
 * partition that was just met is another one. `done` is called where it was asked for.
 */
export const writeCib = (
  world: World,
  from: Stack,
  write: CibWrite,
  done?: (isWritten: boolean) => void,
): void =>
  replicate(world, from, write, (member, isWritten, isChanged) => {
    if (isChanged && member.ring?.dc === member) abortTransition(world, member);
    if (member === from) done?.(isWritten);
  });

/** The result of an operation. The designated controller has waited for it, or has to act upon it. */
export const reportInstance = (world: World, from: Stack): void => {
  const { name } = from.machine;
  const write = writeInstanceTo(name, from.executor.instance);
  replicate(world, from, write, (member) => {
    if (member.ring?.dc === member) consider(world, member, name);
  });
};

const replicate = (
  world: World,
  from: Stack,
  write: CibWrite,
  then: (member: Stack, isWritten: boolean, isChanged: boolean) => void,
): void => {
  // Members that have the same CIB, as they nearly always do, make it the same next one.
  let before: Cib | undefined;
  let made: Cib | undefined;
  broadcast(world, from, (member) => {
    const { machine } = member;
    if (before !== machine.cib) {
      before = machine.cib;
      made = write(before);
    }
    const isChanged = made !== undefined && made !== machine.cib;
    if (isChanged) machine.cib = made as Cib;
    then(member, made !== undefined, isChanged);
  });
};
