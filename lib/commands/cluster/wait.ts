import { type Deadline, deadlineIn, onExpiry, within } from '../../system/clock.ts';
import { type Fact, unknown } from '../../system/fact.ts';
import { type ClusterSnapshot, observeCluster } from './observe-cluster.ts';

export type Waited =
  | { readonly kind: 'reached'; readonly cluster: ClusterSnapshot }
  | { readonly kind: 'timed-out' | 'interrupted'; readonly missing: string };

const LOOK_MS = 300;
const ANSWER_MS = 10_000;

/**
 * Looks at the cluster until nothing is missing any more. `missing` says what still is, for progress and for the
 * message when time runs out; undefined ends the wait.
 */
export async function waitForCluster(
  missing: (cluster: ClusterSnapshot) => string | undefined,
  { deadline, onState, interrupted }: WaitOptions,
): Promise<Waited> {
  let last = 'no cluster information';
  while (!interrupted?.aborted) {
    const cluster: Fact<ClusterSnapshot> = deadline.expired()
      ? unknown('no time left')
      : await observeCluster(within(deadline, ANSWER_MS), interrupted);
    if (interrupted?.aborted) break;
    const what = cluster.known ? missing(cluster.value) : last;
    if (cluster.known && what === undefined) return { kind: 'reached', cluster: cluster.value };
    last = what ?? last;
    onState?.(last);
    if (deadline.expired()) return { kind: 'timed-out', missing: last };
    await pause(LOOK_MS, interrupted);
  }
  return { kind: 'interrupted', missing: last };
}

export interface WaitOptions {
  readonly deadline: Deadline;
  readonly onState?: (text: string) => void;
  readonly interrupted?: AbortSignal;
}

/** An interruption ends it at once. */
export function pause(ms: number, interrupted?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      interrupted?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = onExpiry(deadlineIn(ms), end);
    interrupted?.addEventListener('abort', end);
  });
}
