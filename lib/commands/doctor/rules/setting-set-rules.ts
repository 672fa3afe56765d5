import { basename } from 'node:path';
import { MANAGED_SETTINGS } from '../../../postgres/settings.ts';
import { inUnit } from '../../../postgres/units.ts';
import { enumerate } from '../../cli/text.ts';
import { byValue, type Finding, finding, on, type Rule } from '../rule.ts';
import { settingOf } from '../settings.ts';
import { configured, databases, isReplicated, isSync, primaryOf, type Situation } from '../situation.ts';

const GROUP = 'PostgreSQL settings';

/** A standby with less than its primary stops replaying, or does not start (hot-standby.html, "Administrator's Overview"). */
const NOT_LOWER = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const;

/** Settings that must be seen together, with the control file or with those of other nodes. */
export const settingSetRules: readonly Rule[] = [
  {
    id: 'rewindable',
    group: GROUP,
    checks: 'pg_rewind can work: wal_log_hints or data checksums',
    find: (situation) => {
      if (!isReplicated(situation) || configured(situation).length === 0) return undefined;
      const lacking = databases(situation).filter(({ facts, database }) => {
        const hints = settingOf(facts, database, 'wal_log_hints');
        return hints === 'off' && database.control.known && !database.control.value.dataChecksums;
      });
      const nodes = lacking.map(({ node }) => node);
      return nodes.length === 0
        ? []
        : [
            finding(
              'warning',
              nodes,
              `wal_log_hints is off ${on(nodes)}, and there are no data checksums: a primary that has diverged cannot be repaired by pg_rewind, but must be copied anew`,
              `postgresql.conf ${on(nodes)}: wal_log_hints = on   (takes a restart)`,
            ),
          ];
    },
  },
  {
    id: 'wal-kept',
    group: GROUP,
    checks: 'WAL is kept for standbys that are away for a while',
    find: (situation) => {
      const parameters = situation.resource?.parameters;
      if (!isReplicated(situation) || parameters === undefined || configured(situation).length === 0)
        return undefined;
      if (parameters.replication_slot_name !== '' || parameters.restore_command !== '') return [];
      const nodes = databases(situation)
        .filter(({ facts, database }) => {
          const size = settingOf(facts, database, 'wal_keep_size');
          const segments = settingOf(facts, database, 'wal_keep_segments');
          return (
            (size ?? segments) !== undefined &&
            inUnit(size ?? segments ?? '', size === undefined ? '' : 'MB') === 0
          );
        })
        .map(({ node }) => node);
      return nodes.length === 0
        ? []
        : [
            finding(
              'warning',
              nodes,
              `no WAL is kept ${on(nodes)} (wal_keep_size is 0, no replication slots, no restore_command): a standby that is away for minutes must be copied anew`,
              `postgresql.conf ${on(nodes)}: wal_keep_size = 1GB   (takes a reload; wal_keep_segments = 64 before PostgreSQL 13)`,
            ),
          ];
    },
  },
  {
    id: 'slot-limit',
    group: GROUP,
    checks: 'WAL that replication slots hold has a limit',
    find: (situation) => {
      if (!isReplicated(situation) || situation.resource?.parameters.replication_slot_name === '')
        return undefined;
      const nodes = databases(situation)
        .filter(({ facts, database }) => {
          const limit = settingOf(facts, database, 'max_slot_wal_keep_size');
          return limit !== undefined && (inUnit(limit, 'MB') ?? 0) < 0;
        })
        .map(({ node }) => node);
      return nodes.length === 0
        ? []
        : [
            finding(
              'warning',
              nodes,
              `max_slot_wal_keep_size is -1 ${on(nodes)}: the slot of a standby that is down fills the primary's disk with WAL`,
              `postgresql.conf ${on(nodes)}: max_slot_wal_keep_size = 10GB   (takes a reload; less than the disk of the WAL has room for)`,
            ),
          ];
    },
  },
  {
    id: 'managed-elsewhere',
    group: GROUP,
    checks: 'nothing else sets what the agent manages, such as synchronous_standby_names',
    find: (situation) =>
      isReplicated(situation) && configured(situation).length > 0 ? managedElsewhere(situation) : undefined,
  },
  {
    id: 'synchronous-commit-overridden',
    group: GROUP,
    checks: 'no role and no database has a weaker synchronous_commit',
    find: (situation) => {
      if (!isSync(situation)) return undefined;
      const node = primaryOf(situation);
      const primary = databases(situation).find((each) => each.node === node)?.database.server;
      if (primary?.kind !== 'answers') return undefined;
      return primary.server.overrides
        .filter(
          ({ setting, value }) =>
            setting === 'synchronous_commit' && !/^(on|true|yes|1|remote_apply)$/i.test(value),
        )
        .map(({ role, database, value }) => {
          const whose = [role && `role ${role}`, database && `database ${database}`]
            .filter(Boolean)
            .join(' in ');
          const [kind, name] = role === '' ? ['DATABASE', database] : ['ROLE', role];
          const within = role !== '' && database !== '' ? ` IN DATABASE "${database}"` : '';
          return finding(
            'warning',
            [],
            `synchronous_commit is ${value} for ${whose || 'all'}: its commits may be lost in a failover. That is fine only if they may be`,
            `psql -c 'ALTER ${kind} "${name}"${within} RESET synchronous_commit'`,
          );
        });
    },
  },
  {
    id: 'pending-restart',
    group: GROUP,
    checks: 'no change of a setting waits for a restart',
    find: (situation) => {
      const servers = databases(situation).filter(({ database }) => database.server.kind === 'answers');
      if (servers.length === 0) return undefined;
      const waiting = servers.map(({ node, database: { server } }) => ({
        node,
        value: Object.entries(server.kind === 'answers' ? server.server.settings : {})
          .filter(([, { pendingRestart }]) => pendingRestart)
          .map(([name]) => name)
          .join(', '),
      }));
      return byValue(waiting.filter(({ value }) => value !== '')).map(({ value, nodes }) =>
        finding(
          'warning',
          nodes,
          `${value} ${value.includes(',') ? 'are' : 'is'} changed in the files ${on(nodes)}, and not in effect before a restart`,
          'cls_standby_node NODE, then cls_unstandby_node NODE   (one standby after the other; the primary after cls_online_switch)',
        ),
      );
    },
  },
  {
    id: 'lower-on-standby',
    group: GROUP,
    checks: 'no standby has less connections, workers or locks than the primary',
    find: lowerOnStandby,
  },
  {
    id: 'listen-addresses',
    group: GROUP,
    checks: 'PostgreSQL listens on addresses that come later, such as a VIP',
    find: (situation) => {
      const values = databases(situation).flatMap(({ node, facts, database }) => {
        const value = settingOf(facts, database, 'listen_addresses');
        return value === undefined ? [] : [{ node, value }];
      });
      if (values.length === 0 || !isReplicated(situation)) return undefined;
      return byValue(values)
        .filter(({ value }) => !/(^|[\s,])(\*|0\.0\.0\.0)([\s,]|$)/.test(value))
        .map(({ value, nodes }) =>
          finding(
            'error',
            nodes,
            `listen_addresses is '${value}' ${on(nodes)}: nobody reaches PostgreSQL at the write VIP, since it listens only where it is told to when it starts`,
            `postgresql.conf ${on(nodes)}: listen_addresses = '*'   (takes a restart)`,
          ),
        );
    },
  },
  {
    id: 'port',
    group: GROUP,
    checks: 'port is what the cluster expects',
    find: (situation) => {
      const expected = situation.resource?.parameters.pgport;
      const values = databases(situation).flatMap(({ node, facts, database }) => {
        const value = settingOf(facts, database, 'port');
        return value === undefined ? [] : [{ node, value }];
      });
      if (values.length === 0 || expected === undefined) return undefined;
      return byValue(values.filter(({ value }) => Number(value) !== expected)).map(({ value, nodes }) =>
        finding(
          'error',
          nodes,
          `port is ${value} ${on(nodes)}, and pgport of the resource is ${expected}`,
          `postgresql.conf ${on(nodes)}: port = ${expected}   (takes a restart)`,
        ),
      );
    },
  },
];

/**
 * postgresql.auto.conf is read last and beats the agent's file, and so does what stands after its include; what stands
 * before is without effect, and confuses.
 */
function managedElsewhere(situation: Situation): readonly Finding[] {
  const found = databases(situation).flatMap(({ node, database: { files } }) => {
    if (!files.known) return [];
    const { lines, agentFile } = files.value;
    const ours = lines.findIndex(({ file }) => file === agentFile);
    return lines.flatMap(({ name, value, file, line }, index) => {
      const managed = MANAGED_SETTINGS.some((each) => each === name) && file !== agentFile;
      // What initdb and samples write as their default is no harm.
      if (
        !managed ||
        (value === '' && index < ours) ||
        (name === 'recovery_target_timeline' && value === 'latest')
      )
        return [];
      return [{ node, value: { name, file, line, wins: ours >= 0 && index > ours } }];
    });
  });
  return byValue(found, keyOfLine).map(({ value: { name, file, line, wins }, nodes }) => {
    const auto = basename(file) === 'postgresql.auto.conf';
    const harm = !wins
      ? 'the agent manages it, so that the line has no effect once the cluster runs'
      : name === 'synchronous_standby_names'
        ? 'it overrides the agent, and who is waited for is no longer who may take over: acknowledged writes can be lost'
        : 'it overrides what the agent has set';
    return finding(
      wins ? 'error' : 'notice',
      nodes,
      `${name} is set in ${file}, line ${line}, ${on(nodes)}: ${harm}`,
      auto && wins
        ? `psql -c 'ALTER SYSTEM RESET ${name}' -c 'SELECT pg_reload_conf()'   (on the primary; on a standby remove the line from ${file})`
        : `remove line ${line} from ${file} ${on(nodes)}${wins ? ', then: SELECT pg_reload_conf()' : ''}`,
    );
  });
}

const keyOfLine = (value: { name: string; file: string; line: number; wins: boolean }): string =>
  [value.name, value.file, value.line, value.wins].join(' ');

/** Without a primary that is known, any difference: each of them may become it. */
function lowerOnStandby(situation: Situation): readonly Finding[] | undefined {
  if (!isReplicated(situation) || databases(situation).length < 2) return undefined;
  const primary = primaryOf(situation);
  return NOT_LOWER.flatMap((name) => {
    const values = databases(situation).flatMap(({ node, facts, database }) => {
      const value = Number(settingOf(facts, database, name));
      return Number.isFinite(value) ? [{ node, value }] : [];
    });
    const highest = Math.max(...values.map(({ value }) => value));
    const needed = values.find(({ node }) => node === primary)?.value;
    return byValue(values.filter(({ value }) => value < highest)).map(({ value, nodes }) => {
      const blocked = needed !== undefined && value < needed;
      const others = values.filter((each) => each.value === highest).map(({ node }) => node);
      return finding(
        blocked ? 'error' : 'warning',
        nodes,
        `${name} is ${value} ${on(nodes)} and ${highest} on ${enumerate(others)}: ${blocked ? 'a standby with less than its primary stops replaying, or does not start' : 'it cannot be a standby of a primary with more'}`,
        `postgresql.conf ${on(nodes)}: ${name} = ${highest}   (takes a restart)`,
      );
    });
  });
}
