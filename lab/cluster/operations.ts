import { type Element, element } from './xml.ts';

export interface Operation {
  readonly name: string;
  readonly intervalSec?: number;
  readonly timeoutSec?: number;
  readonly role?: 'Promoted' | 'Unpromoted';
}

export const renderOperations = (resource: string, operations: readonly Operation[]): Element =>
  element(
    'operations',
    {},
    operations.map(({ name, intervalSec = 0, timeoutSec = 60, role }) =>
      element('op', {
        id: `${resource}-${name}-${intervalSec}s`,
        name,
        interval: `${intervalSec}s`,
        timeout: `${timeoutSec}s`,
        ...(role === undefined ? {} : { role }),
      }),
    ),
  );

/** A promoted monitor every 3 s, the others every 4 s: Pacemaker wants the intervals of the two to differ. */
export const databaseOperations: readonly Operation[] = [
  { name: 'start' },
  { name: 'stop' },
  { name: 'promote' },
  { name: 'demote' },
  { name: 'notify' },
  { name: 'monitor', intervalSec: 4 },
  { name: 'monitor', intervalSec: 3, role: 'Promoted' },
];

export const plainOperations: readonly Operation[] = databaseOperations.filter(
  ({ name, role }) => ['start', 'stop', 'monitor'].includes(name) && role === undefined,
);

export const vipOperations: readonly Operation[] = [
  { name: 'start' },
  { name: 'stop' },
  // A probe: 20 s, Pacemaker's default, can be too short for a guest that starts.
  { name: 'monitor' },
  { name: 'monitor', intervalSec: 10 },
];

/** In a guest of User-Mode Linux a monitor of the director takes seconds. */
export const balancerOperations: readonly Operation[] = [
  { name: 'start', timeoutSec: 120 },
  { name: 'stop', timeoutSec: 120 },
  // Also where Pacemaker's default would be 20 s: for these, and for a probe.
  { name: 'reload-agent', timeoutSec: 120 },
  { name: 'monitor', timeoutSec: 120 },
  { name: 'monitor', intervalSec: 5, timeoutSec: 120 },
];

export const realServerOperations: readonly Operation[] = [
  { name: 'start' },
  { name: 'stop' },
  { name: 'monitor', intervalSec: 60 },
];
