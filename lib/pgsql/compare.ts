import type { Position } from '../postgres/position.ts';

/**
 * Orders positions of nodes that share one history: a later timeline is newer, whatever the position (a timeline only
 * opens where the one before it was left). Whether they do share a history is what joining checks.
 */
export const comparePositions = (a: Position, b: Position): number => {
  if (a.timeline !== b.timeline) return a.timeline - b.timeline;
  if (a.lsn === b.lsn) return 0;
  return a.lsn > b.lsn ? 1 : -1;
};
