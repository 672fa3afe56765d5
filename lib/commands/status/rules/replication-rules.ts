import { describeUnreadable } from '../../../pgsql/cluster-facts.ts';
import { namesakesOf, sendersNamed } from '../../../pgsql/decide/standby-view.ts';
import { DataStatus, stateNames } from '../../../pgsql/names.ts';
import { enumerate, formatBytes } from '../../cli/text.ts';
import type { NodeRow } from '../node-rows.ts';
import { onlyIf, type ProblemRule, perNode } from '../problem.ts';
import type { Situation } from '../situation.ts';

export const isReplicated = ({ resource }: Situation): boolean =>
  resource.parameters.rep_mode === 'sync' || resource.parameters.rep_mode === 'async';

const CONNECTED: readonly string[] = [
  DataStatus.sync,
  DataStatus.potential,
  DataStatus.async,
  DataStatus.quorum,
];

/** Runs, and the primary streams to it. */
export const isWell = (row: NodeRow): boolean =>
  row.role === 'standby' && row.online && row.dataStatus !== null && CONNECTED.includes(row.dataStatus);

/** A rule for a standby of a cluster that has its primary. */
const perStandby = (
  find: (row: NodeRow, situation: Situation) => ReturnType<Parameters<typeof perNode>[0]>,
) =>
  perNode((row, situation) =>
    isReplicated(situation) && situation.promoted.length === 1 && row.role !== 'primary'
      ? find(row, situation)
      : undefined,
  );

/** What the cluster knows of the replication. */
export const replicationRules: readonly ProblemRule[] = [
  {
    id: 'repl-info-missing',
    // ocf:heartbeat:pgsql does not keep it.
    find: (situation) =>
      onlyIf(
        isReplicated(situation) &&
          situation.resource.provider === 'pha' &&
          situation.facts.replInfo === undefined &&
          situation.promoted.length > 0,
        () => ({
          severity: 'warning',
          sentence:
            `${stateNames(situation.resource.id).replInfo} is ${situation.facts.replInfoText === undefined ? 'missing' : 'malformed'}: ` +
            "without a record of who was promoted from where, a restart of the whole cluster must elect anew. The primary's monitor writes it within seconds; if not, its log says why.",
          command: 'cls_status --watch',
        }),
      ),
  },
  {
    id: 'record-unreadable',
    find: ({ resource, promoted, facts: { unreadable, replInfo } }) => {
      if (resource.provider !== 'pha' || unreadable === undefined) return [];
      if (promoted.length === 0)
        return [
          {
            severity: 'error',
            sentence: `${describeUnreadable(unreadable)}. Nobody is promoted while that is so.`,
            command: 'cls_reset_master --dry-run',
          },
        ];
      // A malformed REPL_INFO beside a primary has a rule of its own.
      return onlyIf(replInfo !== undefined, () => ({
        severity: 'warning',
        sentence: `${unreadable.problem}. The primary's monitor puts it right within seconds; if not, its log says why.`,
        command: 'cls_status --watch',
      }));
    },
  },
  {
    id: 'repl-info-other-node',
    find: (situation) => {
      const recorded = situation.facts.replInfo?.node;
      const primary = situation.promoted[0];
      return onlyIf(
        isReplicated(situation) && recorded !== undefined && primary !== undefined && recorded !== primary,
        () => ({
          severity: 'warning',
          sentence: `${stateNames(situation.resource.id).replInfo} names ${recorded}, but ${primary} is the primary. Right after a failover this passes by itself; if not, the log of ${primary} says why.`,
          command: 'cls_status --watch',
        }),
      );
    },
  },
  {
    id: 'agent-refused',
    find: perNode(({ name, role }, { facts }) => {
      const words = facts.refuses(name);
      if (words === undefined || role === 'stopped') return undefined;
      const meaning =
        role === 'primary'
          ? 'it goes on as the primary, nobody may take over, and commits may be waiting for a standby that is lost'
          : 'it goes on, but may not take over';
      return {
        severity: 'error',
        sentence: `PostgreSQL on ${name} refuses the agent (${words}): ${meaning}. Put pg_hba.conf, the role or the database right there, and reload: the next monitor does the rest.`,
        command: 'cls_doctor',
      };
    }),
  },
  {
    id: 'standby-stopped',
    find: perStandby(({ name, online, role }, { view, mon, resource }) => {
      // Where a rule says why it does not run, that is enough.
      const isExplained =
        view.nodes.get(name)?.standby === true ||
        mon.failures.some((failure) => failure.resource === resource.id && failure.node === name) ||
        mon.bans.some(
          (ban) =>
            ban.node === name && !ban.promotedOnly && [resource.id, resource.name].includes(ban.resource),
        );
      return role === 'stopped' && online && !isExplained
        ? { severity: 'error', sentence: `${resource.id} does not run on ${name}.`, command: 'cls_cleanup' }
        : undefined;
    }),
  },
  {
    id: 'standby-disconnected',
    find: perStandby((row) =>
      row.role === 'standby' &&
      !isWell(row) &&
      (row.dataStatus ?? DataStatus.disconnect) === DataStatus.disconnect
        ? {
            severity: 'error',
            sentence:
              `${row.name} runs, but receives nothing from the primary (${row.dataStatus ?? 'no data status'}, ${row.status ?? 'no status'}). ` +
              "Its PostgreSQL log says why, or, after an election, the agent's lines in Pacemaker's log (seal: it waits for the new primary); if the primary no longer has the WAL that it needs, run cls_rebuild_slave there.",
            command: 'cls_doctor',
          }
        : undefined,
    ),
  },
  {
    id: 'standby-catching-up',
    find: perStandby((row) =>
      row.role === 'standby' && !isWell(row) && row.dataStatus?.includes('|')
        ? {
            severity: 'warning',
            sentence: `${row.name} catches up (${row.dataStatus}${row.lagBytes === null ? '' : `, ${formatBytes(row.lagBytes)} behind`}); wait.`,
            command: 'cls_status --watch',
          }
        : undefined,
    ),
  },
  {
    id: 'standby-unmarked',
    find: perStandby((row) =>
      row.role === 'standby' && !isWell(row) && row.dataStatus === DataStatus.latest
        ? {
            severity: 'warning',
            sentence: `${row.name} is a standby and still marked ${DataStatus.latest}, as a primary is. Right after a failover this passes by itself.`,
            command: 'cls_status --watch',
          }
        : undefined,
    ),
  },
  {
    id: 'no-sync-standby',
    find: (situation, rows) =>
      onlyIf(
        situation.resource.parameters.rep_mode === 'sync' &&
          situation.promoted.length === 1 &&
          situation.nodes.length > 1 &&
          !rows.some((row) => row.role === 'standby' && row.dataStatus === DataStatus.sync),
        () => ({
          severity: 'error',
          sentence: `no standby is synchronous: if ${situation.promoted[0]} fails now, no node may take over.`,
          command: 'cls_status --watch',
        }),
      ),
  },
  {
    id: 'name-twice',
    find: perStandby(({ name }, { databases: { primary } }) => {
      const senders = primary.known ? (primary.value.details?.state.senders ?? []) : [];
      const addresses = namesakesOf(sendersNamed(senders, name));
      return addresses.length > 0
        ? {
            severity: 'warning',
            sentence: `${enumerate(addresses)} both stream as ${name}: no commit waits for ${name} while that is so. Give the one that is not ${name} another application_name in its primary_conninfo.`,
            command: `psql -c 'TABLE pg_stat_replication'`,
          }
        : undefined;
    }),
  },
  {
    id: 'receiver-error',
    find: perStandby(({ name }, { facts, resource }) =>
      facts.transient(name, stateNames(resource.id).receiverStatus) === 'ERROR'
        ? {
            severity: 'warning',
            sentence: `${name} has no WAL receiver (${resource.id}-receiver-status is ERROR).`,
            command: `psql -c 'TABLE pg_stat_wal_receiver'`,
            commandOn: name,
          }
        : undefined,
    ),
  },
];
