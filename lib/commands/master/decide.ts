import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { clusterSituation, type StatusSnapshot } from '../status/situation.ts';
import { nodesDisagree } from '../status/verdict.ts';

export type MasterAnswer =
  | { readonly code: typeof CommandExit.DONE; readonly primary: string }
  | { readonly code: CommandExitCode; readonly reason: string };

/** Which node is the primary, or why that cannot be said. Pure. */
export function masterAnswer(snapshot: Omit<StatusSnapshot, 'databases' | 'balancers'>): MasterAnswer {
  const situation = clusterSituation(snapshot, snapshot.resource);
  const { view, promoted, facts, resource, running } = situation;
  if (!view.haveQuorum) {
    return {
      code: CommandExit.NO_QUORUM,
      reason: `${snapshot.self} is in a part of the cluster without quorum; the primary may be in the other`,
    };
  }
  if (nodesDisagree(situation)) {
    return {
      code: CommandExit.NO_QUORUM,
      reason: `nodes disagree: Pacemaker has promoted ${enumerate(promoted) || 'none'}, and ${enumerate(facts.primaries)} says so of itself`,
    };
  }
  const [primary] = promoted;
  if (primary !== undefined) return { code: CommandExit.DONE, primary };
  return {
    code: CommandExit.NOT_IN_STATE,
    reason:
      running.length === 0
        ? `${resource.name} does not run on any node`
        : `no node is the primary; ${resource.name} runs on ${enumerate(running)} as a standby`,
  };
}
