import type { MonInstance } from '../../pacemaker/crm-mon.ts';
import { DataStatus } from '../../pgsql/names.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { type NodeRow, nodeRows } from '../status/node-rows.ts';
import { problemText } from '../status/problem.ts';
import { problemsOf } from '../status/problems.ts';
import { isWell } from '../status/rules/replication-rules.ts';
import type { Situation } from '../status/situation.ts';
import { verdict } from '../status/verdict.ts';
import type { Scope } from './scope.ts';
import { instancesIn, isActive } from './situation.ts';

/** How far a start or a stop has come. */
export type Outcome =
  | { readonly kind: 'reached'; readonly sentence: string }
  | { readonly kind: 'waiting'; readonly what: string }
  /** It will not come any further by itself. */
  | { readonly kind: 'settled'; readonly code: CommandExitCode; readonly sentence: string };

/** Done when cls_status would end with 0, and everything that depends on the database runs, too. Pure. */
export function startOutcome(situation: Situation, scope: Scope): Outcome {
  const { promoted, resource } = situation;
  const rows = nodeRows(situation);
  const code = verdict(situation, rows, []);
  if (code === CommandExit.DONE) {
    const idle = idleDependents(situation, scope);
    if (idle.length > 0) return { kind: 'waiting', what: `${enumerate(idle)} not yet running` };
    return { kind: 'reached', sentence: `${resource.name} runs${whoIsWho(situation, rows)}` };
  }
  const awaited = rows.filter(
    (row) => !promoted.includes(row.name) && !isWell(row) && mayCome(situation, row),
  );
  if (awaited.length > 0 || code === CommandExit.NO_QUORUM) {
    return { kind: 'waiting', what: [primaryState(situation), ...awaited.flatMap(standbyState)].join(', ') };
  }
  // Not STANDBYS_NOT_WELL and nobody to wait for: the standbys run, and one of them is yet to be promoted.
  if (code === CommandExit.NOT_IN_STATE && rows.some((row) => row.role === 'standby')) {
    return { kind: 'waiting', what: primaryState(situation) };
  }
  // The primary chooses among the standbys that stream, at its next monitor.
  const standbys = rows.filter(({ name }) => !promoted.includes(name));
  const hasSync = standbys.some(({ dataStatus }) => dataStatus === DataStatus.sync);
  if (resource.parameters.rep_mode === 'sync' && standbys.some(isWell) && !hasSync) {
    return { kind: 'waiting', what: 'no standby is synchronous yet' };
  }
  return { kind: 'settled', code, sentence: whatIsWrong(situation, rows) };
}

/** Everything that is at stake, a line each; where nothing is, what else is to be known, down to the mere state of the standbys. */
export function whatIsWrong(situation: Situation, rows: readonly NodeRow[] = nodeRows(situation)): string {
  const { promoted, resource } = situation;
  const problems = problemsOf(situation, rows);
  const grave = problems.filter(({ severity }) => severity === 'error');
  const lines = (grave.length > 0 ? grave : problems).map(problemText);
  const unwell = rows.filter((row) => !promoted.includes(row.name) && !isWell(row));
  return [
    promoted[0] === undefined
      ? `${resource.name} has no primary`
      : `${promoted[0]} is the primary, but not all is well`,
    ...(lines.length > 0 ? lines : unwell.map(rowText)).map((line) => `  ${line}`),
  ].join('\n');
}

const rowText = ({ name, role, status, dataStatus }: NodeRow): string =>
  `${name} is ${role} (${status ?? 'no status'}, ${dataStatus ?? 'no data status'}) => cls_status --watch`;

const whoIsWho = ({ promoted, running }: Situation, rows: readonly NodeRow[]): string => {
  const standbys = rows.filter(isWell).map(({ name }) => name);
  if (promoted[0] === undefined) return ` on ${enumerate(running)}`;
  const streams = standbys.length === 1 ? 'streams' : 'stream';
  return `: ${promoted[0]} is the primary${standbys.length === 0 ? '' : `, ${enumerate(standbys)} ${streams} from it`}`;
};

const primaryState = ({ promoted, instances }: Situation): string => {
  if (promoted[0] !== undefined) return `${promoted[0]} is the primary`;
  const promoting = instances.find(({ pending }) => pending === 'Promoting');
  return promoting?.nodes[0] === undefined ? 'no primary yet' : `${promoting.nodes[0]} is being promoted`;
};

const standbyState = ({ name, role, status, dataStatus }: NodeRow): readonly string[] => {
  if (role === 'stopped') return [`${name} not yet running`];
  // Of a node that waits for its promotion, the data status is that of its last life.
  return dataStatus === DataStatus.latest
    ? []
    : [`${name} not yet streaming (${status ?? 'no status'}, ${dataStatus ?? 'no data status'})`];
};

/** Not one that is away, that an operator keeps out, or that Pacemaker has given up. */
const mayCome = (situation: Situation, { name, online, role }: NodeRow): boolean => {
  const node = situation.view.nodes.get(name);
  if (!online || node?.standby || node?.maintenance) return false;
  return role !== 'stopped' || !isGivenUp(situation, name);
};

/** Failed as often as it may, and not started any more. */
export const isGivenUp = ({ mon, resource }: Situation, node: string): boolean =>
  mon.failCounts.some(
    (count) =>
      count.resource === resource.id &&
      count.node === node &&
      count.failCount > 0 &&
      count.failCount >= count.migrationThreshold,
  );

/** Primitives other than the database that run nowhere. */
const idleDependents = (situation: Situation, scope: Scope): readonly string[] => {
  const active = instancesIn(situation, scope).filter(isActive);
  return scope.primitives.filter((name) => !active.some(({ resource }) => resource === name));
};

/** Done when Pacemaker has stopped everything, and PostgreSQL does not run on this node in fact. Pure. */
export function stopOutcome(situation: Situation, scope: Scope, localServer: number | undefined): Outcome {
  const active = instancesIn(situation, scope).filter(isActive);
  const blocked = active.filter(({ blocked }) => blocked);
  if (blocked.length > 0) {
    const reasons = situation.mon.failures.filter(({ task }) => task === 'stop');
    return {
      kind: 'settled',
      code: CommandExit.ERROR,
      sentence: [
        `not everything could be stopped: ${enumerate(blocked.map(whereabouts))}, and without fencing Pacemaker does not go on`,
        ...reasons.map(({ resource, node, exitReason }) => `  stop of ${resource} on ${node}: ${exitReason}`),
        '  Stop it there by hand, then run cls_cleanup.',
      ].join('\n'),
    };
  }
  if (active.length > 0) return { kind: 'waiting', what: active.map(whereabouts).join(', ') };
  if (localServer !== undefined) {
    return {
      kind: 'waiting',
      what: `PostgreSQL runs on this node nevertheless (process ${localServer}): somebody else has started it`,
    };
  }
  return { kind: 'reached', sentence: `${enumerate(scope.names)} stopped on all nodes` };
}

const UNDER_WAY: Readonly<Record<string, string>> = {
  Demoting: 'is being demoted',
  Stopping: 'is being stopped',
};

const whereabouts = ({ resource, nodes, pending }: MonInstance): string =>
  `${resource} ${UNDER_WAY[pending ?? ''] ?? 'runs'} on ${enumerate(nodes)}`;
