import type { Lsn } from '../../postgres/lsn.ts';
import type { ReplicationSettings } from '../../postgres/settings.ts';
import type { SyncNames } from '../../postgres/sync-names.ts';
import type { Memory } from '../memory.ts';
import type { Step } from '../steps.ts';
import type { Reason } from './decision.ts';
import type { Standby } from './standby-view.ts';

export interface SyncInput {
  readonly degrade: 'allow' | 'never';
  /** in the order of node_list, those outside the cluster last */
  readonly standbys: readonly Standby[];
  /** what the server waits for now */
  readonly waiting: SyncNames;
  readonly walInsert: Lsn;
  readonly walFlush: Lsn;
  /** the checkpointer has taken over the present synchronous_standby_names: see planToMark */
  readonly checkpointerSettled: boolean;
  readonly settings: (names: SyncNames) => ReplicationSettings;
  readonly pid: number;
  /** of the server, since it was started */
  readonly serverAgeMs: number;
  readonly uptimeMs: number;
  readonly memory: Memory;
  /** by the arbiter: see alone.ts */
  readonly marksProveNothing?: boolean;
  /** the arbiter was not asked, or has not answered: it could not be told that commits wait for a standby again */
  readonly isRowUnknown?: boolean;
}

export interface SyncPlan {
  readonly reasons: readonly Reason[];
  readonly steps: readonly Step[];
  /** nodes that may take over once the steps are done */
  readonly marked: readonly string[];
  readonly waitedFor: readonly string[];
  /** something is under way that a further look can finish */
  readonly again: string | undefined;
  readonly memory: Memory;
}

/** Nothing is done. */
export const settled = (
  input: SyncInput,
  marked: readonly string[],
  waitedFor: readonly string[],
  ...reasons: Reason[]
): SyncPlan => ({ reasons, steps: [], marked, waitedFor, again: undefined, memory: input.memory });

export const setNames = (input: SyncInput, names: SyncNames): Step[] => [
  { kind: 'configure', settings: input.settings(names), standby: false },
  { kind: 'reload', pid: input.pid },
];

export const withoutProof = ({ waitingSince: _, ...rest }: Memory): Memory => rest;

export const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
