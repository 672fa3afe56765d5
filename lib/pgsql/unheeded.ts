import type { NotifyContext } from '../pacemaker/notify.ts';

/**
 * Notifications in which no node has anything to do. A planned switch makes Pacemaker wait for two rounds of them, on all
 * nodes, while nobody can write. So the executable answers them before it starts Node.js: see scripts/bundle.ts.
 */
export const UNHEEDED_NOTIFICATIONS: readonly `${NotifyContext['type']}-${NotifyContext['operation']}`[] = [
  'pre-start',
  'post-promote',
  'pre-demote',
  'post-demote',
];

export const isUnheeded = ({ type, operation }: NotifyContext): boolean =>
  UNHEEDED_NOTIFICATIONS.includes(`${type}-${operation}`);
