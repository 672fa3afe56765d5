import { formatLsn } from '../../postgres/lsn.ts';
import type { PrimaryState } from '../../postgres/server-state.ts';
import type { PgsqlConfig } from '../config.ts';
import { slotName } from '../replication.ts';
import type { Step } from '../steps.ts';
import { type Reason, reason } from './decision.ts';

/**
 * The primary has one slot for each other node of node_list. A slot in use is never dropped; one whose node has left
 * node_list is reported and left to the operator, since it may be the only thing that holds the WAL that node needs.
 */
export const planSlots = (
  config: PgsqlConfig,
  self: string,
  state: PrimaryState,
): { readonly steps: readonly Step[]; readonly reasons: readonly Reason[] } => {
  if (config.slotPrefix === '') return { steps: [], reasons: [] };
  const own = slotName(config.slotPrefix, self);
  const wanted = config.nodeList
    .filter((node) => node !== self)
    .map((node) => slotName(config.slotPrefix, node));
  const existing = state.slots.map((s) => s.name);
  const missing = wanted.filter((name) => !existing.includes(name));
  const useless = state.slots.filter((s) => s.name === own && !s.active).map((s) => s.name);
  const left = state.slots.filter(
    (s) =>
      s.type === 'physical' &&
      s.name.startsWith(`${config.slotPrefix}_`) &&
      s.name !== own &&
      !wanted.includes(s.name),
  );
  const steps: Step[] = [];
  if (missing.length > 0) steps.push({ kind: 'createSlots', names: missing });
  if (useless.length > 0) steps.push({ kind: 'dropSlots', names: useless });
  const reasons = left.map((s) =>
    reason(
      'slots.node-left',
      `replication slot ${s.name} belongs to no node of node_list and ${s.active ? 'is in use' : 'holds WAL'} from ${s.restartLsn === undefined ? 'nowhere' : formatLsn(s.restartLsn)} on; once that node is gone for good: SELECT pg_drop_replication_slot('${s.name}')`,
      'warn',
    ),
  );
  if (state.settings.maxSlotWalKeepSizeMb === -1)
    reasons.push(
      reason(
        'slots.no-limit',
        'max_slot_wal_keep_size is -1: the slot of a standby that is down holds WAL until the disk is full; set a limit in postgresql.conf',
        'warn',
      ),
    );
  return { steps, reasons };
};
