import type { Prediction } from '../../pacemaker/simulate.ts';
import type { Fact } from '../../system/fact.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { startOutcome } from '../run-state/outcome.ts';
import { isSwitchedOff, type Scope, scopeOf } from '../run-state/scope.ts';
import type { RunStateSnapshot } from '../run-state/situation.ts';
import type { Situation } from '../status/situation.ts';
import { foreseen } from './foreseen.ts';
import { isInMaintenance, nameOf, stillManaged, type Target } from './target.ts';

export type MaintenanceStep =
  | { readonly kind: 'set'; readonly on: boolean; readonly target: Target }
  | { readonly kind: 'wait-until-unmanaged'; readonly target: Target; readonly scope: Scope }
  | { readonly kind: 'look-again'; readonly target: Target; readonly scope: Scope; readonly force: boolean }
  | { readonly kind: 'wait-until-well'; readonly scope: Scope };

const refused = (code: CommandExitCode, sentence: string) => ({ kind: 'refused', code, sentence }) as const;

/** Pure. */
export function decideMaintenance(
  { situation, tree }: RunStateSnapshot,
  target: Target,
): Verdict<MaintenanceStep> {
  const hurdle = hurdleFor(situation, target);
  if (hurdle !== undefined) return hurdle;
  const { view, promoted, resource } = situation;
  const scope = scopeOf(tree, resource.id, undefined);
  const isSet = isInMaintenance(view, target);
  if (isSet && stillManaged(situation, scope, target) === undefined) {
    return { kind: 'nothing-to-do', sentence: `${nameOf(target)} is in maintenance mode` };
  }
  const kept = target.node === undefined ? promoted : promoted.filter((node) => node === target.node);
  const [guarded] = resource.parameters.enable_distlock ? kept : [];
  // Pacemaker would run no monitor, and nobody else says for long that the primary is looked after.
  if (guarded !== undefined && !isSet)
    return refused(
      CommandExit.NOT_IN_STATE,
      `enable_distlock is true, and in maintenance mode nobody looks after the lock: the guard of the lease would end PostgreSQL on ${guarded}. First: pcs resource update ${resource.id} enable_distlock=false; and after cls_unmaintenance: pcs resource update ${resource.id} enable_distlock=true (neither restarts PostgreSQL)`,
    );
  const holdsPrimary = target.node === undefined || kept.length > 0;
  return {
    kind: 'plan',
    plan: {
      purpose: `${nameOf(target)} will be in maintenance mode: Pacemaker starts, stops, moves and watches nothing there.`,
      warnings: [
        ...(holdsPrimary ? ['no failover takes place while the primary is in maintenance mode'] : []),
        ...(holdsPrimary && resource.parameters.rep_mode === 'sync'
          ? ['if the synchronous standby goes away meanwhile, commits wait until cls_unmaintenance']
          : []),
      ],
      steps: [
        ...(isSet ? [] : [{ kind: 'set', on: true, target } as const]),
        { kind: 'wait-until-unmanaged', target, scope },
      ],
    },
  };
}

/**
 * Pure.
 * @param prediction what Pacemaker would do, from what it knows without looking at the nodes again
 */
export function decideUnmaintenance(
  { situation, tree }: RunStateSnapshot,
  target: Target,
  prediction: Fact<Prediction>,
  force: boolean,
): Verdict<MaintenanceStep> {
  const hurdle = hurdleFor(situation, target);
  if (hurdle !== undefined) return hurdle;
  const { view, resource, nodes } = situation;
  const others = nodes.filter((node) => node !== target.node && view.nodes.get(node)?.maintenance);
  const scope = scopeOf(tree, resource.id, undefined);
  if (!isInMaintenance(view, target)) {
    const rest = others.map((node) => `; ${node} is: cls_unmaintenance ${node}`).join('');
    const sentence = `${nameOf(target)} is not in maintenance mode${rest}`;
    // A run that was broken off after the change has not seen how it ends.
    const outcome = startOutcome(situation, scope);
    const isQuiet = others.length > 0 || view.maintenanceMode || isSwitchedOff(tree, resource.id);
    if (isQuiet || outcome.kind !== 'waiting') return { kind: 'nothing-to-do', sentence };
    const purpose = `${sentence}, but ${outcome.what}.`;
    return { kind: 'plan', plan: { purpose, warnings: [], steps: [{ kind: 'wait-until-well', scope }] } };
  }
  const stillKept = target.node === undefined ? others : view.maintenanceMode ? ['the whole cluster'] : [];
  return {
    kind: 'plan',
    plan: {
      purpose: `${nameOf(target)} will be managed by Pacemaker again; as far as it knows now, ${foreseen(prediction, situation, scope).sentence}.`,
      warnings: [...stillKept.map((name) => `${name} is in maintenance mode as well, and stays so`)],
      steps: [
        { kind: 'look-again', target, scope, force },
        { kind: 'set', on: false, target },
        ...(isSwitchedOff(tree, resource.id) || stillKept.length > 0
          ? []
          : [{ kind: 'wait-until-well', scope } as const]),
      ],
    },
  };
}

function hurdleFor({ view, self }: Situation, { node }: Target): Verdict<never> | undefined {
  if (!view.haveQuorum) {
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum, and the other part would not learn of it; bring the other nodes back (pcs cluster start --all)`,
    );
  }
  return node === undefined || view.nodes.has(node)
    ? undefined
    : refused(
        CommandExit.ARGUMENTS,
        `there is no node ${node}; the cluster has ${enumerate([...view.nodes.keys()])}`,
      );
}
