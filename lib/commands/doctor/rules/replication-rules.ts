import { formatBytes } from '../../cli/text.ts';
import { byValue, finding, on, type Rule } from '../rule.ts';
import { databases, isReplicated, primaryOf } from '../situation.ts';

const GROUP = 'Replication';

/** The copies, their slots, and what the definition says of them. */
export const replicationRules: readonly Rule[] = [
  {
    id: 'data-directory',
    group: GROUP,
    checks: 'every node has its copy of the database',
    find: (situation) => {
      const { resource } = situation;
      if (resource === undefined || databases(situation).length === 0) return undefined;
      const primary = primaryOf(situation);
      return databases(situation).flatMap(({ node, database: { control } }) =>
        control.known
          ? []
          : [
              finding(
                'error',
                [node],
                `the database in ${resource.parameters.pgdata} on ${node} cannot be read: ${control.reason}`,
                primary === undefined
                  ? `initdb there, or pg_basebackup from the node that has the data: docs/installation.md`
                  : `cls_rebuild_slave   (on ${node})`,
              ),
            ],
      );
    },
  },
  {
    id: 'system-identifier',
    group: GROUP,
    checks: 'every node has a copy of the same database',
    find: (situation) => {
      const identifiers = databases(situation).flatMap(({ node, database: { control } }) =>
        control.known ? [{ node, value: control.value.systemIdentifier }] : [],
      );
      if (identifiers.length < 2 || !isReplicated(situation)) return undefined;
      const primary = primaryOf(situation);
      const groups = byValue(identifiers);
      const [first, ...others] = [...groups].sort(
        (a, b) =>
          Number(primary !== undefined && b.nodes.includes(primary)) -
            Number(primary !== undefined && a.nodes.includes(primary)) || b.nodes.length - a.nodes.length,
      );
      return others.map(({ value, nodes }) =>
        finding(
          'error',
          nodes,
          `the database ${on(nodes)} is no copy of the one ${on(first?.nodes ?? [])}: system identifier ${value}, and not ${first?.value}`,
          `cls_rebuild_slave   (${on(nodes)}; before the cluster runs: pg_basebackup)`,
        ),
      );
    },
  },
  {
    id: 'server-silent',
    group: GROUP,
    checks: 'every server that runs answers',
    find: (situation) =>
      databases(situation).length === 0
        ? undefined
        : databases(situation).flatMap(({ node, database: { server } }) => {
            if (server.kind !== 'silent') return [];
            const { failure, reason } = server;
            const isPassing = failure === 'starting' || failure === 'stopping';
            return [
              finding(
                isPassing ? 'warning' : 'error',
                [node],
                `PostgreSQL on ${node} runs and does not answer its own user: ${reason}`,
                isPassing
                  ? 'wait, then run cls_doctor again'
                  : failure === 'auth'
                    ? `pg_hba.conf on ${node}, first line: local all ${situation.resource?.parameters.pgdba ?? 'postgres'} peer   (takes a reload)`
                    : `look into its log on ${node}; if it hangs, its monitor restarts it or gives it up: cls_status --watch`,
              ),
            ];
          }),
  },
  {
    id: 'config-files',
    group: GROUP,
    checks: 'the configuration files can be read',
    find: (situation) =>
      databases(situation).length === 0
        ? undefined
        : databases(situation).flatMap(({ node, database: { files, control } }) => {
            if (!control.known) return [];
            const problems = files.known ? files.value.problems : [files.reason];
            return problems.map((problem) =>
              finding(
                'error',
                [node],
                `configuration of PostgreSQL on ${node}: ${problem}`,
                `correct it, then on ${node}: psql -c 'SELECT pg_reload_conf()'`,
              ),
            );
          }),
  },
  {
    id: 'slots',
    group: GROUP,
    checks: 'no replication slot holds WAL for nobody',
    find: (situation) => {
      const servers = databases(situation).flatMap(({ node, database: { server } }) =>
        server.kind === 'answers' ? [{ node, slots: server.server.slots }] : [],
      );
      if (servers.length === 0) return undefined;
      return servers.flatMap(({ node, slots }) =>
        slots
          .filter(({ active, retainedBytes }) => !active && retainedBytes !== null)
          .map(({ name, retainedBytes }) =>
            finding(
              'warning',
              [node],
              `slot ${name} on ${node} is used by nobody, and holds ${formatBytes(Math.max(0, retainedBytes ?? 0))} of WAL, and more and more until the disk is full`,
              `psql -c "SELECT pg_drop_replication_slot('${name}')"   (on ${node}; only if its user does not come back)`,
            ),
          ),
      );
    },
  },
];
