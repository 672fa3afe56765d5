import type { MonFailure } from '../../../pacemaker/crm-mon.ts';
import { SEGMENT_BYTES } from '../../../pgsql/decide/room.ts';
import { cannotLock } from '../../arbiter/cannot-lock.ts';
import { enumerate } from '../../cli/text.ts';
import type { NodeRow } from '../node-rows.ts';
import { REPORTED_TASK } from '../observe-room.ts';
import { type Finding, onlyIf, type ProblemRule, perNode } from '../problem.ts';
import type { Situation } from '../situation.ts';

/** What the agent says when a node's data does not fit the primary's, with the command that repairs it. */
const REPAIRS: readonly {
  readonly id: string;
  readonly pattern: RegExp;
  readonly command: string;
  readonly means: string;
}[] = [
  {
    id: 'diverged',
    // The second wording is that of ocf:heartbeat:pgsql.
    pattern: /cls_repair_by_pg_rewind|timeline forked off/,
    command: 'cls_repair_by_pg_rewind',
    means: 'has diverged: it holds writes that the primary does not have',
  },
  {
    id: 'rebuild-needed',
    pattern: /cls_rebuild_slave/,
    command: 'cls_rebuild_slave',
    means: 'holds data that cannot become a standby of this primary any more',
  },
];

const ownFailures = ({ mon, resource }: Situation): readonly MonFailure[] =>
  mon.failures.filter((failure) => failure.resource === resource.id);

const repairOf = (failure: MonFailure) => REPAIRS.find(({ pattern }) => pattern.test(failure.exitReason));

/** Data that does not fit: no cleanup helps before it is repaired. */
const needsRepair = (situation: Situation, node: string): boolean =>
  !situation.running.includes(node) &&
  ownFailures(situation).some((failure) => failure.node === node && repairOf(failure) !== undefined);

const repairRules: readonly ProblemRule[] = REPAIRS.map((repair) => ({
  id: repair.id,
  find: perNode(({ name, role }, situation) => {
    const failure = ownFailures(situation).find((each) => each.node === name && repairOf(each) === repair);
    // One that runs again was repaired since, and its old failure is only not cleaned up.
    return failure === undefined || role !== 'stopped'
      ? undefined
      : {
          severity: 'error',
          sentence: `${name} ${repair.means} (${failure.exitReason}).`,
          command: repair.command,
          commandOn: name,
        };
  }),
}));

const isReported = ({ task }: MonFailure): boolean => task === REPORTED_TASK;

/** As the agent says it (wantOfRoom), or, of an end that was reported, as this node finds it. */
const isForWantOfRoom = (failure: MonFailure, { self, walRoom }: Situation): boolean =>
  isReported(failure)
    ? failure.node === self && walRoom !== undefined && walRoom < SEGMENT_BYTES
    : /^no room for WAL/.test(failure.exitReason);

const timeOf = ({ when }: MonFailure): string => (when === '' ? '' : ` at ${when}`);

/** What Pacemaker does with the resource, and what failed. */
export const resourceRules: readonly ProblemRule[] = [
  {
    id: 'no-primary',
    find: (situation, rows) =>
      onlyIf(situation.promoted.length === 0 && situation.resource.parameters.rep_mode !== 'slave', () => ({
        severity: 'error',
        ...whyNoPrimary(situation, rows),
      })),
  },
  {
    id: 'resource-disabled',
    find: ({ resource }) =>
      onlyIf(/^stopped$/i.test(resource.meta.get('target-role') ?? ''), () => ({
        severity: 'warning',
        sentence: 'the resource is switched off (target-role=Stopped).',
        command: 'cls_start',
      })),
  },
  {
    id: 'resource-unmanaged',
    find: ({ instances, view, resource }) =>
      onlyIf(
        !view.maintenanceMode &&
          instances.some(
            ({ managed, nodes }) => !managed && !nodes.some((node) => view.nodes.get(node)?.maintenance),
          ),
        () => ({
          severity: 'warning',
          sentence: `${resource.name} is unmanaged: Pacemaker neither starts, stops nor moves it.`,
          command: `pcs resource manage ${resource.name}`,
        }),
      ),
  },
  {
    id: 'resource-blocked',
    find: ({ instances, resource }) =>
      instances
        .filter(({ blocked }) => blocked)
        .map(({ nodes }) => ({
          severity: 'error',
          ...(nodes[0] === undefined ? {} : { node: nodes[0] }),
          sentence: `${resource.id} is blocked on ${nodes.join(', ') || 'its node'}: it could not be stopped there, and without fencing Pacemaker does not go on.`,
          command: `pcs resource cleanup ${resource.id}`,
        })),
  },
  ...repairRules,
  {
    id: 'failed-action',
    find: (situation) =>
      ownFailures(situation)
        .filter((failure) => repairOf(failure) === undefined || situation.running.includes(failure.node))
        .map((failure) => ({
          severity: 'warning',
          node: failure.node,
          sentence: isReported(failure)
            ? `${failure.resource} was reported as failed on ${failure.node}${timeOf(failure)}, as fast_detection does when PostgreSQL ends; its log says why.`
            : `${failure.task} of ${failure.resource} failed on ${failure.node} (${failure.exitStatus}, ${failure.exitCode})${timeOf(failure)}` +
              `${failure.exitReason === '' ? '.' : `: ${failure.exitReason}.`}`,
          // A cleanup alone would have it fail again.
          ...(isForWantOfRoom(failure, situation)
            ? { command: `df -h ${situation.resource.parameters.pgdata}/pg_wal/`, commandOn: failure.node }
            : { command: 'cls_cleanup' }),
        })),
  },
  {
    id: 'fail-count',
    find: (situation) =>
      situation.mon.failCounts
        .filter((count) => count.resource === situation.resource.id && situation.nodes.includes(count.node))
        .filter(({ failCount, migrationThreshold }) => failCount > 0 && failCount >= migrationThreshold)

        .filter(({ node }) => !needsRepair(situation, node))
        .map(({ node, failCount, migrationThreshold }) => ({
          severity: 'error',
          node,
          sentence: `${node} may not run ${situation.resource.id} any more: its fail-count is ${countOf(failCount)}, and migration-threshold ${countOf(migrationThreshold)}.`,
          command: `pcs resource cleanup ${situation.resource.id} node=${node}`,
        })),
  },
  {
    id: 'banned',
    find: ({ mon, resource, nodes }) =>
      mon.bans
        .filter((ban) => /^cli-/.test(ban.id) && nodes.includes(ban.node))
        .filter((ban) => ban.resource === resource.id || ban.resource === resource.name)
        .map((ban) => ({
          severity: 'warning',
          node: ban.node,
          sentence: `${ban.resource} may not ${ban.promotedOnly ? 'be primary' : 'run'} on ${ban.node}: a ban was left behind (${ban.id}).`,
          command: `pcs resource clear ${ban.resource} ${ban.node}`,
        })),
  },
];

/** Either it comes by itself, or it must be started, or an operator must decide. */
function whyNoPrimary(situation: Situation, rows: readonly NodeRow[]): Pick<Finding, 'sentence' | 'command'> {
  const { instances, running, resource, view, arbiter, nodes, device } = situation;
  // The rule no-quorum says what to do; nothing can be started before.
  if (!view.haveQuorum) return { sentence: 'no node is the primary here: that takes quorum.' };
  if (running.length === 0)
    return { sentence: `${resource.name} does not run anywhere.`, command: 'cls_start' };
  const promoting = instances.find(({ pending }) => pending === 'Promoting')?.nodes[0];
  if (promoting !== undefined) {
    return {
      sentence: `no node is the primary yet: ${promoting} is being promoted.`,
      command: 'cls_status --watch',
    };
  }
  const candidates = rows.filter((row) => row.role === 'standby' && Number(row.score ?? 0) > 0);
  // What is wrong with the arbiter is another finding (arbiter-rules.ts), with what to do.
  const isRefused = (name: string) =>
    cannotLock(situation, name) || (name === situation.self && arbiter?.answer.ok === false);
  if (candidates.length > 0 && candidates.every(({ name }) => isRefused(name))) {
    const names = enumerate(candidates.map(({ name }) => name));
    return {
      sentence: `no node is the primary: ${names} may be promoted as soon as the arbiter gives the lock.`,
      command: 'cls_status --watch',
    };
  }
  if (candidates.length > 0) {
    const named = candidates.map(({ name, score }) => `${name} (score ${score})`);
    return {
      sentence: `no node is the primary; ${enumerate(named)} may be promoted within seconds.`,
      command: 'cls_status --watch',
    };
  }
  const sentence = `no node is the primary, and none may be promoted: ${resource.name} runs on ${enumerate(running)} as a standby only.`;
  // The rule device-alone says what to do: without the other node nobody is promoted, whoever is named.
  if (
    device?.actsAloneInMs.known &&
    device.actsAloneInMs.value === undefined &&
    running.length < nodes.length
  )
    return { sentence };
  return {
    sentence: `${sentence} Whoever knows which node holds the newest data can name it.`,
    command: 'cls_reset_master NODE',
  };
}

const countOf = (count: number): string => (count >= 1_000_000 ? 'INFINITY' : String(count));
