import { formatSeconds } from '../../cli/text.ts';
import { type MonitorIntervals, monitorIntervals } from '../../cluster/monitor-intervals.ts';
import type { Situation } from '../situation.ts';

export const intervalsOf = ({ cluster, resource }: Situation): MonitorIntervals =>
  monitorIntervals(cluster?.definition.operations.get(resource?.id ?? '') ?? []);

/** How often the primary is looked at. */
export const primaryMonitorMs = (situation: Situation): number => intervalsOf(situation).primaryMs;

export const seconds = (ms: number): string => formatSeconds(ms / 1000);
