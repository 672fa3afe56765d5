import { type Deadline, within } from '../../system/clock.ts';
import { withProgress } from '../cli/progress.ts';
import type { Terminal } from '../cli/terminal.ts';
import { enumerate } from '../cli/text.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { type ObservedSituation, observeSituation } from '../status/observe-situation.ts';
import { clusterSituation, type Situation } from '../status/situation.ts';
import { countedAsPrimary, nodesDisagree } from '../status/verdict.ts';

/** Until the node whose start has failed is stopped, Pacemaker 2.1 counts it as a primary beside the other. */
const PASSES_MS = 30_000;

/** What is but a moment as a rule, in words. */
const passing = (situation: Situation): string | undefined => {
  if (nodesDisagree(situation)) return `${enumerate(countedAsPrimary(situation))} count as primary`;
  const { promoted, facts } = situation;
  // When parameters have changed: Pacemaker 2.1 takes a primary that was reloaded for a standby until its next monitor.
  return promoted.length === 0 && facts.primaries.length > 0
    ? `${enumerate(facts.primaries)} is the primary, and Pacemaker does not count it as one yet`
    : undefined;
};

/**
 * The cluster, once one node counts as primary, by what Pacemaker and the nodes say: a server that runs here by itself is
 * not waited for. If that does not come to pass, it is returned as it is, and decided from: it is no moment after a failure
 * or a reload then, but nodes that disagree, or a primary that is lost.
 */
export async function observeOnePrimary(
  wanted: string | undefined,
  deadline: Deadline,
  terminal: Terminal,
  passesMs = PASSES_MS,
): Promise<ObservedSituation> {
  const observed = await observeSituation(wanted, deadline);
  if (!observed.ok || passing(observed.situation) === undefined) return observed;
  const { resource } = observed.situation;
  const abort = new AbortController();
  const stopListening = terminal.onInterrupt(() => abort.abort());
  const waited = await withProgress(terminal, 'wait until one node counts as primary', (progress) =>
    waitForCluster((cluster) => passing(clusterSituation(cluster, resource)), {
      deadline: within(deadline, passesMs),
      onState: progress.state,
      interrupted: abort.signal,
    }),
  ).finally(stopListening);
  return waited.kind === 'interrupted'
    ? { ok: false, code: CommandExit.ERROR, sentence: 'interrupted; nothing was changed' }
    : observeSituation(wanted, deadline);
}
