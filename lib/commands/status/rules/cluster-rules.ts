import { enumerate } from '../../cli/text.ts';
import { type Finding, onlyIf, type ProblemRule, perNode } from '../problem.ts';

/** Quorum, nodes and fencing: what Pacemaker itself lacks. */
export const clusterRules: readonly ProblemRule[] = [
  {
    id: 'no-quorum',
    find: ({ view }) =>
      onlyIf(!view.haveQuorum, () => {
        const nodes = [...view.nodes.values()].filter(({ remote }) => !remote);
        const here = nodes.filter(({ member }) => member).map(({ name }) => name);
        return {
          severity: 'error',
          sentence:
            `this part of the cluster has no quorum: ${enumerate(here) || 'no node'} of ${nodes.length} nodes. ` +
            `With no-quorum-policy=${view.noQuorumPolicy} no database is promoted here; bring the other nodes back.`,
          command: 'corosync-quorumtool -s',
        };
      }),
  },
  {
    id: 'no-dc',
    find: ({ view }) =>
      onlyIf(view.dc === undefined, () => ({
        severity: 'error',
        sentence:
          'no node coordinates the cluster (no DC is elected), so that nothing is decided; wait some seconds.',
        command: 'crmadmin --dc_lookup',
      })),
  },
  {
    id: 'several-primaries',
    find: ({ promoted, facts, resource }) => {
      const nodes = [...new Set([...promoted, ...facts.primaries])];
      return onlyIf(nodes.length > 1, () => ({
        severity: 'error',
        sentence:
          `${enumerate(nodes)} count as primary: Pacemaker has promoted ${enumerate(promoted) || 'none'}, ` +
          `and ${enumerate(facts.primaries) || 'none'} says so of itself. Stop writing until it is clear which one is right.`,
        command: `crm_resource --locate --resource ${resource.id}`,
      }));
    },
  },
  {
    id: 'maintenance',
    find: ({ view }) =>
      onlyIf(view.maintenanceMode, () => ({
        severity: 'warning',
        sentence: 'the cluster is in maintenance mode: failures are neither seen nor handled.',
        command: 'cls_unmaintenance',
      })),
  },
  {
    id: 'node-offline',
    find: perNode(({ name, online }, { view }) => {
      const node = view.nodes.get(name);
      if (online || node === undefined) return undefined;
      return {
        severity: 'error',
        sentence: node.member
          ? `${name} is up, but its Pacemaker does not take part yet.`
          : `${name} is offline: the machine is down or cut off, or its cluster software does not run.`,
        command: `pcs cluster start ${name}`,
      };
    }),
  },
  {
    id: 'node-unclean',
    find: perNode(({ name }, { mon }) =>
      mon.nodes.find((node) => node.name === name)?.unclean
        ? {
            severity: 'error',
            sentence: `${name} is unclean: it must be fenced before its resources may run elsewhere. If, and only if, it is certainly off, confirm that.`,
            command: `pcs stonith confirm ${name}`,
          }
        : undefined,
    ),
  },
  {
    id: 'node-standby',
    find: perNode(({ name }, { view }) =>
      view.nodes.get(name)?.standby
        ? {
            severity: 'warning',
            sentence: `${name} is in standby mode: it may not run anything.`,
            command: `cls_unstandby_node ${name}`,
          }
        : undefined,
    ),
  },
  {
    id: 'node-maintenance',
    find: perNode(({ name }, { view }) =>
      view.nodes.get(name)?.maintenance
        ? {
            severity: 'warning',
            sentence: `${name} is in maintenance mode: failures there are neither seen nor handled.`,
            command: `cls_unmaintenance_node ${name}`,
          }
        : undefined,
    ),
  },
  {
    id: 'other-node',
    find: ({ view, nodes }) =>
      [...view.nodes.values()]
        .filter(({ name, remote }) => !remote && !nodes.includes(name))
        .flatMap(({ name, online, standby }): readonly Finding[] => {
          const severity = 'warning';
          if (!online)
            return [
              {
                severity,
                node: name,
                sentence: `${name}, which runs no database, is offline: it has no vote, and nothing else runs there either.`,
                command: `pcs cluster start ${name}`,
              },
            ];
          return standby
            ? [
                {
                  severity,
                  node: name,
                  sentence: `${name}, which runs no database, is in standby mode: nothing else runs there either.`,
                  command: `cls_unstandby_node ${name}`,
                },
              ]
            : [];
        }),
  },
  {
    id: 'fencing-off',
    find: ({ view }) =>
      onlyIf(!view.stonithEnabled, () => ({
        severity: 'note',
        sentence:
          'fencing is off (stonith-enabled=false): a node that hangs cannot be switched off by the others, and keeps its address until it notices by itself. Set up a fence device, and then switch fencing on.',
        command: 'pcs stonith list',
      })),
  },
];
