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

const whoCounts = (situation: Situation): string =>
  `${enumerate(countedAsPrimary(situation))} count as primary`;

/**
 * The cluster, once no more than one node counts as primary, by what Pacemaker and the nodes say: a server that runs here
 * by itself is not waited for. If that does not pass, it is returned as it is, and decided
 * from: it is no moment after a failure then, but nodes that disagree.
 */
export async function observeOnePrimary(
  wanted: string | undefined,
  deadline: Deadline,
  terminal: Terminal,
  passesMs = PASSES_MS,
): Promise<ObservedSituation> {
  const observed = await observeSituation(wanted, deadline);
  if (!observed.ok || !nodesDisagree(observed.situation)) return observed;
  const { resource } = observed.situation;
  const abort = new AbortController();
  const stopListening = terminal.onInterrupt(() => abort.abort());
  const waited = await withProgress(terminal, 'wait until only one node counts as primary', (progress) =>
    waitForCluster(
      (cluster) => {
        const situation = clusterSituation(cluster, resource);
        return nodesDisagree(situation) ? whoCounts(situation) : undefined;
      },
      { deadline: within(deadline, passesMs), onState: progress.state, interrupted: abort.signal },
    ),
  ).finally(stopListening);
  return waited.kind === 'interrupted'
    ? { ok: false, code: CommandExit.ERROR, sentence: 'interrupted; nothing was changed' }
    : observeSituation(wanted, deadline);
}
