import { type Deadline, within } from '../system/clock.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { DONE, type Outcome } from './outcome.ts';

/** How long a cluster that never comes to rest is waited for. */
const REST_MS = 20_000;

/**
 * Forgets the failures of a resource on one node, after which Pacemaker looks at it again and may start it there. First
 * the cluster comes to rest: a cleanup in the middle of a start makes Pacemaker forget the resource that it is starting,
 * which fails as "No such device", and then never again is tried on that node (seen with 2.1.5).
 * @param interrupted ends the wait for that, and then nothing is forgotten
 */
export async function forgetFailures(
  resource: string,
  node: string,
  deadline: Deadline,
  interrupted?: AbortSignal,
): Promise<Outcome> {
  await comeToRest(deadline, interrupted);
  if (interrupted?.aborted) return { ok: false, reason: 'interrupted before the cleanup' };
  const args = ['--cleanup', `--resource=${resource}`, `--node=${node}`];
  const result = await run('crm_resource', args, { deadline });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
}

/** Until nothing is under way, or for as long as it makes sense to wait for that. */
export async function comeToRest(deadline: Deadline, interrupted?: AbortSignal): Promise<void> {
  await run('crm_resource', ['--wait', `--timeout=${REST_MS / 1000}s`], {
    deadline: within(deadline, REST_MS),
    ...(interrupted === undefined ? {} : { interrupted }),
  });
}
