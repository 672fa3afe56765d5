/** What the page calls things. */
import type { Contestant, Mark } from './plays.ts';

export const NAMES: Readonly<Record<Contestant, string>> = {
  pha: 'pha',
  heartbeat: 'heartbeat',
  paf: 'PAF',
  floor: 'floor',
};

export const secondsOf = (ms: number): string => (ms / 1000).toFixed(ms < 9_950 ? 2 : 1);

export const LABELS: Readonly<Record<Mark['kind'], string>> = {
  noticed: 'failure noticed',
  'node-lost': 'node lost',
  demote: 'demotion begins',
  promote: 'promotion begins',
  promoted: 'promoted',
  vip: 'address moved',
};
