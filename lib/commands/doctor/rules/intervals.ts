import { formatSeconds } from '../../cli/text.ts';
import type { Situation } from '../situation.ts';

/** As the definitions of the templates have it. */
const DEFAULT_MONITOR_MS = 3_000;

/** How often the primary is looked at. */
export function primaryMonitorMs({ cluster, resource }: Situation): number {
  const operations = cluster?.definition.operations.get(resource?.id ?? '') ?? [];
  const monitors = operations.filter(({ name, intervalMs }) => name === 'monitor' && intervalMs > 0);
  const promoted = monitors.find(({ role }) => /^(promoted|master)$/i.test(role ?? ''));
  return promoted?.intervalMs ?? monitors[0]?.intervalMs ?? DEFAULT_MONITOR_MS;
}

export const seconds = (ms: number): string => formatSeconds(ms / 1000);
