import type { Operation } from '../../pacemaker/definition.ts';

/** As the definitions of the templates have it. */
const DEFAULTS = { primaryMs: 3_000, standbyMs: 4_000 } as const;

export interface MonitorIntervals {
  readonly primaryMs: number;
  readonly standbyMs: number;
}

const isPromoted = ({ role }: Operation): boolean => /^(promoted|master)$/i.test(role ?? '');

/** How often each of the two is looked at. */
export function monitorIntervals(operations: readonly Operation[]): MonitorIntervals {
  const monitors = operations.filter(({ name, intervalMs }) => name === 'monitor' && intervalMs > 0);
  const [first] = monitors;
  return {
    primaryMs: monitors.find(isPromoted)?.intervalMs ?? first?.intervalMs ?? DEFAULTS.primaryMs,
    standbyMs: monitors.find((each) => !isPromoted(each))?.intervalMs ?? DEFAULTS.standbyMs,
  };
}
