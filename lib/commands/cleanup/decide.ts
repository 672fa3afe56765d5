import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import { isSwitchedOff, type Scope, scopeOf } from '../run-state/scope.ts';
import type { RunStateSnapshot } from '../run-state/situation.ts';
import { problemText } from '../status/problem.ts';
import { doubtsAbout, type Remembered, rememberedFailures, repairsNeeded } from './failures.ts';

export type CleanupStep =
  | { readonly kind: 'clean'; readonly resource: string; readonly node: string }
  /** @property startsAgain whether Pacemaker starts things then */
  | {
      readonly kind: 'wait';
      readonly cleaned: readonly Remembered[];
      readonly scope: Scope;
      readonly startsAgain: boolean;
    };

export interface CleanupWishes {
  readonly node: string | undefined;
  readonly force: boolean;
}

const refused = (code: CommandExitCode, sentence: string) => ({ kind: 'refused', code, sentence }) as const;

/** Pure. */
export function decideCleanup(
  { situation, tree }: RunStateSnapshot,
  { node, force }: CleanupWishes,
): Verdict<CleanupStep> {
  const { view, resource, self } = situation;
  if (node !== undefined && !view.nodes.has(node)) {
    const names = enumerate([...view.nodes.keys()]);
    return refused(CommandExit.ARGUMENTS, `there is no node ${node}; the cluster has ${names}`);
  }
  if (!view.haveQuorum) {
    return refused(
      CommandExit.NO_QUORUM,
      `${self} is in a part of the cluster without quorum, where nothing is started anyway; bring the other nodes back (pcs cluster start --all)`,
    );
  }
  const scope = scopeOf(tree, resource.id, undefined);
  const remembered = rememberedFailures(situation, scope, node);
  if (remembered.length === 0) {
    const where = node === undefined ? '' : ` on ${node}`;
    return { kind: 'nothing-to-do', sentence: `no failure of ${enumerate(scope.names)}${where} is recorded` };
  }
  const repairs = repairsNeeded(situation).filter((problem) => node === undefined || problem.node === node);
  const isHeldBack = (each: Remembered): boolean =>
    !force && each.resource === resource.id && repairs.some((problem) => problem.node === each.node);
  const cleaned = remembered.filter((each) => !isHeldBack(each));
  const said = repairs.map(problemText);
  if (cleaned.length === 0) {
    return refused(
      CommandExit.NOT_IN_STATE,
      ['not cleaned up, since a start would only fail again; repair it, or use --force', ...said].join(
        '\n  ',
      ),
    );
  }
  const nodes = [
    ...new Set(cleaned.filter((each) => each.resource === resource.id).map((each) => each.node)),
  ];
  return {
    kind: 'plan',
    plan: {
      purpose: `Pacemaker will forget what failed (${enumerate(cleaned.map(({ resource, node }) => `${resource} on ${node}`))}), and try again.`,
      warnings: [
        ...said.map((sentence) => `${force ? '' : 'not cleaned up: '}${sentence}`),
        ...nodes.flatMap((name) => doubtsAbout(situation, name)),
      ],
      steps: [
        ...cleaned.map(({ resource, node }) => ({ kind: 'clean', resource, node }) as const),
        {
          kind: 'wait',
          cleaned,
          scope,
          startsAgain: !isSwitchedOff(tree, resource.id) && !view.maintenanceMode,
        },
      ],
    },
  };
}
