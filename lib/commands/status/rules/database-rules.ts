import { slotName } from '../../../pgsql/replication.ts';
import { formatBytes, formatSeconds } from '../../cli/text.ts';
import { type Activity, NO_ACTIVITY } from '../../database/activity.ts';
import { onlyIf, type ProblemRule } from '../problem.ts';
import type { Situation } from '../situation.ts';
import { isReplicated } from './replication-rules.ts';

const activityOf = ({ databases: { primary } }: Situation): Activity =>
  (primary.known ? primary.value.details?.activity : undefined) ?? NO_ACTIVITY;

/** Every synchronous commit waits for a moment; for so long only when its standby does not answer. */
const HANGING_SECONDS = 2;

export const commitsHang = (situation: Situation): boolean =>
  activityOf(situation).longestWaitSeconds >= HANGING_SECONDS;

/** What the servers themselves say. */
export const databaseRules: readonly ProblemRule[] = [
  {
    id: 'primary-not-promoted',
    find: ({ databases: { local }, self, promoted, running }) =>
      onlyIf(
        local.known && !local.value.inRecovery && !promoted.includes(self) && running.includes(self),
        () => ({
          severity: 'error',
          node: self,
          sentence: `PostgreSQL on ${self} accepts writes as a primary, but Pacemaker has not promoted it.`,
          command: 'cls_cleanup',
        }),
      ),
  },
  {
    id: 'primary-silent',
    find: ({ databases: { silence }, self, promoted, resource }) =>
      onlyIf(silence !== undefined && promoted.includes(self), () => ({
        severity: 'error',
        node: self,
        sentence: `the primary, on this node, does not answer: ${silence}. Its monitor will restart it or give it up.`,
        command: `crm_resource --resource ${resource.id} --force-check`,
        commandOn: self,
      })),
  },
  {
    id: 'commits-waiting',
    find: (situation) => {
      const { waitingCommits, longestWaitSeconds } = activityOf(situation);
      return onlyIf(commitsHang(situation), () => ({
        severity: 'error',
        sentence: `${waitingCommits} commits wait for a synchronous standby, the longest for ${formatSeconds(longestWaitSeconds)}.`,
        command: 'cls_status --watch',
      }));
    },
  },
  {
    id: 'slot-of-absent-node',
    find: ({ databases: { primary }, resource, nodes, facts, promoted }) => {
      const prefix = resource.parameters.replication_slot_name;
      if (!primary.known || prefix === '') return [];
      const nodeOfSlot = (name: string) => nodes.find((node) => slotName(prefix, node) === name);
      return (primary.value.details?.state.slots ?? [])
        .filter((slot) => slot.type === 'physical' && !slot.active && slot.name.startsWith(`${prefix}_`))
        .filter((slot) => slot.retainedBytes !== undefined && slot.retainedBytes > 0n)
        .flatMap((slot) => {
          const node = nodeOfSlot(slot.name);
          if (node !== undefined && facts.online(node)) return [];
          const owner = node === undefined ? 'no node of this cluster' : `${node}, which is offline`;
          return [
            {
              severity: 'warning',
              ...(node === undefined ? {} : { node }),
              sentence: `slot ${slot.name} is of ${owner}, and holds ${formatBytes(Number(slot.retainedBytes))} of WAL on the primary, and more and more until its disk is full. If the node does not come back, drop it.`,
              command: `psql -c "SELECT pg_drop_replication_slot('${slot.name}')"`,
              ...(promoted[0] === undefined ? {} : { commandOn: promoted[0] }),
            } as const,
          ];
        });
    },
  },
  {
    id: 'slot-lost',
    find: ({ databases: { primary } }) =>
      (primary.known ? (primary.value.details?.state.slots ?? []) : [])
        .filter(({ walStatus }) => walStatus === 'lost')
        .map(({ name }) => ({
          severity: 'warning',
          sentence: `the primary has removed WAL that slot ${name} needed (max_slot_wal_keep_size): its standby must be rebuilt.`,
          command: 'cls_rebuild_slave',
        })),
  },
  {
    id: 'position-unknown',
    find: (situation) => {
      const { primary, silence } = situation.databases;
      const isSilent = silence !== undefined && situation.promoted.includes(situation.self);
      return isReplicated(situation) && situation.promoted.length === 1 && !primary.known && !isSilent
        ? [{ severity: 'note', sentence: `position and lag are not known: ${primary.reason}.` }]
        : [];
    },
  },
  {
    id: 'parameters',
    find: ({ resource }) =>
      resource.objections.map((sentence) => ({
        severity: 'error',
        sentence: `the definition of ${resource.id} is wrong: ${sentence}.`,
        command: `pcs resource config ${resource.id}`,
      })),
  },
];
