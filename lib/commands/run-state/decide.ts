import { type TargetRole, targetRolePatch } from '../../pacemaker/target-role.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import type { Situation } from '../status/situation.ts';
import { nodesDisagree } from '../status/verdict.ts';
import { startOutcome, stopOutcome } from './outcome.ts';
import { type Scope, scopeOf } from './scope.ts';
import { instancesIn, isActive, type RunStateSnapshot } from './situation.ts';

export type RunStateStep =
  | {
      readonly kind: 'set-target-role';
      readonly role: TargetRole;
      readonly names: readonly string[];
      readonly patch: string;
    }
  | { readonly kind: 'wait-until-started'; readonly scope: Scope }
  | { readonly kind: 'wait-until-stopped'; readonly scope: Scope };

/** Pure. */
export function decideStart(snapshot: RunStateSnapshot): Verdict<RunStateStep> {
  const { situation, tree } = snapshot;
  const scope = scopeOf(tree, situation.resource.id, snapshot.resourceList);
  const hurdle = hurdleFor('start', situation, scope) ?? nobodyMayRun(situation);
  if (hurdle !== undefined) return hurdle;
  if (nodesDisagree(situation)) {
    return refused(
      CommandExit.NO_QUORUM,
      'more than one node counts as primary: cls_status tells which; nothing is started',
    );
  }
  const patch = targetRolePatch(tree, scope.tops, 'Started');
  const outcome = startOutcome(situation, scope);
  if (patch === undefined && outcome.kind === 'reached') {
    return { kind: 'nothing-to-do', sentence: outcome.sentence };
  }
  return {
    kind: 'plan',
    plan: {
      purpose: `${enumerate(scope.names)} will run: a primary, and a standby on every other node.`,
      warnings: [...listWarnings(snapshot, scope), ...awayWarnings(situation)],
      steps: [
        ...(patch === undefined ? [] : [setTargetRole('Started', scope, patch)]),
        { kind: 'wait-until-started', scope },
      ],
    },
  };
}

/** Pure. */
export function decideStop(snapshot: RunStateSnapshot): Verdict<RunStateStep> {
  const { situation, tree, localServer } = snapshot;
  const scope = scopeOf(tree, situation.resource.id, snapshot.resourceList);
  const hurdle = hurdleFor('stop', situation, scope);
  if (hurdle !== undefined) return hurdle;
  const patch = targetRolePatch(tree, scope.tops, 'Stopped');
  const outcome = stopOutcome(situation, scope, localServer);
  if (patch === undefined && outcome.kind === 'reached') {
    return { kind: 'nothing-to-do', sentence: outcome.sentence };
  }
  return {
    kind: 'plan',
    plan: {
      purpose: `${enumerate(scope.names)} will be stopped on all nodes: no reads and no writes until cls_start.`,
      warnings: [...listWarnings(snapshot, scope), ...offlineWarnings(situation)],
      steps: [
        ...(patch === undefined ? [] : [setTargetRole('Stopped', scope, patch)]),
        { kind: 'wait-until-stopped', scope },
      ],
    },
  };
}

const setTargetRole = (role: TargetRole, { names }: Scope, patch: string): RunStateStep => ({
  kind: 'set-target-role',
  role,
  names,
  patch,
});

const refused = (code: CommandExitCode, sentence: string) => ({ kind: 'refused', code, sentence }) as const;

/** What keeps Pacemaker from doing it. */
function hurdleFor(what: 'start' | 'stop', situation: Situation, scope: Scope): Verdict<never> | undefined {
  const { view, self } = situation;
  if (!view.haveQuorum) {
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum, and the other part would not learn of a ${what}; bring the other nodes back (pcs cluster start --all)`,
    );
  }
  if (view.maintenanceMode) {
    return refused(
      CommandExit.NOT_IN_STATE,
      `the cluster is in maintenance mode, and Pacemaker ${what}s nothing; run cls_unmaintenance first`,
    );
  }
  const unmanaged = instancesIn(situation, scope).filter(({ managed }) => !managed);
  const kept = unmanaged.filter(({ nodes }) => nodes.some((node) => view.nodes.get(node)?.maintenance));
  const orphaned = unmanaged.filter((instance) => !kept.includes(instance));
  if (orphaned[0] !== undefined) {
    const names = [...new Set(orphaned.map(({ resource }) => resource))];
    return refused(
      CommandExit.NOT_IN_STATE,
      `${enumerate(names)} unmanaged, so that Pacemaker does not ${what} it; run: pcs resource manage ${names.join(' ')}`,
    );
  }
  const running = what === 'stop' ? kept.filter(isActive) : [];
  if (running[0]?.nodes[0] !== undefined) {
    const [node] = running[0].nodes;
    return refused(
      CommandExit.NOT_IN_STATE,
      `${running[0].resource} runs on ${node}, which is in maintenance mode, and would go on; run cls_unmaintenance_node ${node} first`,
    );
  }
  return undefined;
}

function nobodyMayRun({ nodes, view, resource }: Situation): Verdict<never> | undefined {
  const may = nodes.filter((name) => view.nodes.get(name)?.online && !view.nodes.get(name)?.standby);
  return may.length > 0
    ? undefined
    : refused(
        CommandExit.NOT_IN_STATE,
        `no node may run ${resource.name}: ${enumerate(nodes.map((name) => `${name} is ${view.nodes.get(name)?.online ? 'in standby mode' : 'offline'}`))}; run cls_unstandby_node or pcs cluster start`,
      );
}

const listWarnings = ({ configComplaint }: RunStateSnapshot, { complaints }: Scope): readonly string[] => [
  ...(configComplaint === undefined ? [] : [configComplaint]),
  ...complaints.map((sentence) => `config.ini: ${sentence}`),
];

const offlineWarnings = ({ nodes, view }: Situation): readonly string[] =>
  nodes
    .filter((name) => !view.nodes.get(name)?.online)
    .map((name) => `${name} is offline; when it comes back, it does as the others do`);

const awayWarnings = (situation: Situation): readonly string[] => [
  ...offlineWarnings(situation),
  ...situation.nodes.flatMap((name) => {
    const node = situation.view.nodes.get(name);
    if (!node?.online) return [];
    if (node.standby) return [`${name} is in standby mode and runs nothing: cls_unstandby_node ${name}`];
    return node.maintenance
      ? [`${name} is in maintenance mode, and nothing is started there: cls_unmaintenance_node ${name}`]
      : [];
  }),
];
