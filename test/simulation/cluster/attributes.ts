/**
 * Pacemaker's attribute manager: attributes until reboot. A write is accepted at once, reaches all attribute managers in one
 * order, and the CIB some time later, each attribute for itself.
 */
import { between, chance } from '../random.ts';
import { after } from '../time.ts';
import type { Stack, World } from '../world.ts';
import { NAMES, writeTransientTo } from './cib.ts';
import { writeCib } from './controller.ts';
import { broadcast, type Ring } from './corosync.ts';

/** They live in the attribute managers alone. */
const PRIVATE: readonly string[] = [NAMES.election, NAMES.lag];

export const updateAttribute = (
  world: World,
  from: Stack,
  node: string,
  name: string,
  value: string | undefined,
): void =>
  broadcast(world, from, (member) => {
    const before = member.attributes.get(node)?.get(name);
    if (before === value) return;
    setAttribute(member, node, name, value);
    if (isWriter(member) && !PRIVATE.includes(name)) writeLater(world, member, node, name);
  });

const setAttribute = (stack: Stack, node: string, name: string, value: string | undefined): void => {
  const ofNode = stack.attributes.get(node) ?? new Map<string, string>();
  stack.attributes.set(node, ofNode);
  if (value === undefined) ofNode.delete(name);
  else ofNode.set(name, value);
};

export const attributeOf = (stack: Stack, node: string, name: string): string | undefined =>
  stack.attributes.get(node)?.get(name);

const isWriter = (stack: Stack): boolean => stack.ring?.members[0] === stack;

/** The value that it has when it is written, which may be a later one. */
const writeLater = (world: World, writer: Stack, node: string, name: string): void => {
  const { attributes } = writer.machine.slow;
  const delay = between(world.random, 1, 12) + (attributes === 0 ? 0 : between(world.random, 0, attributes));
  after(world, delay, writer, () => {
    if (isWriter(writer))
      writeCib(world, writer, writeTransientTo(node, name, attributeOf(writer, node, name)));
  });
};

/** All that the writer holds, once more. */
export const rewriteAll = (world: World, from: Stack): void =>
  broadcast(world, from, (member) => {
    if (isWriter(member)) writeAll(world, member);
  });

const writeAll = (world: World, writer: Stack): void => {
  for (const [node, values] of writer.attributes)
    for (const name of values.keys()) if (!PRIVATE.includes(name)) writeLater(world, writer, node, name);
};

/**
 * The members of a new ring tell each other what they hold: of itself each knows best, also what others have said of it
 * while it could hear them. What is held of nodes that are gone is dropped.
 */
export const mergeAttributes = (world: World, ring: Ring, hasNewWriter: boolean): void => {
  const merged = new Map(
    ring.members.map((stack) => [stack.machine.name, stack.attributes.get(stack.machine.name)] as const),
  );
  const [writer] = ring.members;
  if (writer === undefined) return;
  const known = writer.attributes;
  const isNews = ring.members.some(({ machine }) => known.get(machine.name) === undefined);
  for (const stack of ring.members) {
    const attributes: Stack['attributes'] = new Map();
    for (const [name, values] of merged) if (values !== undefined) attributes.set(name, new Map(values));
    stack.attributes = attributes;
  }
  // A writer that held all before has nothing to write; a CIB that was replaced meanwhile may then lack something.
  if (hasNewWriter || isNews || chance(world.random, 0.5)) writeAll(world, writer);
};
