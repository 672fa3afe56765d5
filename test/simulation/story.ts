import type { StoryLine } from './world.ts';

/** Time in seconds, node, what happened. */
export const storyText = (lines: readonly StoryLine[], fromMs = 0): string =>
  lines
    .filter(({ atMs }) => atMs >= fromMs)
    .map(({ atMs, who, what }) => `${(atMs / 1000).toFixed(3).padStart(9)}  ${who.padEnd(9)} ${what}`)
    .join('\n');
