import { queryResourceTree } from '../../pacemaker/query.ts';
import { findPostmaster } from '../../postgres/process.ts';
import type { Deadline } from '../../system/clock.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import { observeSituation } from '../status/observe-situation.ts';
import { readResourceList } from './resource-list.ts';
import type { RunStateSnapshot } from './situation.ts';

export type RunStateObservation =
  | { readonly ok: true; readonly snapshot: RunStateSnapshot }
  | { readonly ok: false; readonly code: CommandExitCode; readonly sentence: string };

/** Reads only. */
export async function observeRunState(
  wanted: string | undefined,
  deadline: Deadline,
): Promise<RunStateObservation> {
  const observed = await observeSituation(wanted, deadline);
  if (!observed.ok) return observed;
  const tree = await queryResourceTree(deadline);
  if (!tree.known) {
    const sentence = `no cluster information: ${tree.reason}`;
    return { ok: false, code: CommandExit.NO_CLUSTER_INFORMATION, sentence };
  }
  const { situation } = observed;
  const list = readResourceList();
  const postmaster = findPostmaster(situation.resource.parameters.pgdata);
  return {
    ok: true,
    snapshot: {
      situation,
      tree: tree.value,
      ...list,
      ...(postmaster === undefined ? {} : { localServer: postmaster.pid }),
    },
  };
}
