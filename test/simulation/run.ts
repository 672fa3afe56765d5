/** One cluster: it starts, meets its faults, and has to be well again. */
import { checkMarks } from './checks.ts';
import { startClients } from './client.ts';
import { type Fault, unleash } from './faults/schedule.ts';
import { ailment } from './health.ts';
import { rememberCibs, switchOn } from './machines.ts';
import { employ } from './operator.ts';
import type { Rules } from './rules.ts';
import { advance, after } from './time.ts';
import { warmUp } from './warm.ts';
import { newWorld, type Settings, type StoryLine, type Violation, violate, type World } from './world.ts';

export interface Run {
  readonly violation: Violation | undefined;
  readonly happenings: number;
  readonly acknowledged: number;
  readonly simulatedMs: number;
  /** commands of the operator */
  readonly helped: number;
}

const START_WITHIN_MS = 120_000;
const HEAL_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 250;
/** What does not heal by itself in this time is an operator's business. */
const PATIENCE_MS = 12_000;

export const runCluster = (
  settings: Settings,
  faults: readonly Fault[],
  rules: Rules,
  story?: StoryLine[],
): Run => {
  const world = newWorld(settings, rules, story);
  world.onDelivery = () => {
    rememberCibs(world);
    checkMarks(world);
  };
  let helped = 0;
  if (settings.isWarm) warmUp(world);
  else for (const machine of world.machines) switchOn(world, machine);
  startClients(world);
  if (!untilWell(world, START_WITHIN_MS))
    violate(world, 'starts', `after the first start: ${ailment(world)}`);
  if (world.violation === undefined) {
    let isOver = false;
    unleash(world, faults, () => {
      isOver = true;
    });
    while (!isOver && world.violation === undefined) advance(world);
    for (const machine of world.machines) machine.troubledUntilMs = world.agenda.nowMs;
    employ(world, PATIENCE_MS, (commands) => {
      helped += commands;
    });
    if (world.violation === undefined && !untilWell(world, HEAL_WITHIN_MS))
      violate(world, 'heals', `${HEAL_WITHIN_MS / 1000} s after the last fault: ${ailment(world)}`);
  }
  return {
    violation: world.violation,
    happenings: world.agenda.happened,
    acknowledged: world.acknowledgedCount,
    simulatedMs: world.agenda.nowMs,
    helped,
  };
};

const untilWell = (world: World, withinMs: number): boolean => {
  const endMs = world.agenda.nowMs + withinMs;
  let isWell = false;
  const look = (): void => {
    isWell = ailment(world) === undefined;
    if (!isWell) after(world, LOOK_EVERY_MS, undefined, look);
  };
  look();
  while (!isWell && world.violation === undefined && world.agenda.nowMs < endMs && advance(world));
  return isWell;
};
