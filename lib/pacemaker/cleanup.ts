import type { Deadline } from '../system/clock.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { DONE, type Outcome } from './outcome.ts';

/** Forgets the failures of a resource on one node, after which Pacemaker looks at it again and may start it there. */
export async function forgetFailures(resource: string, node: string, deadline: Deadline): Promise<Outcome> {
  const args = ['--cleanup', `--resource=${resource}`, `--node=${node}`];
  const result = await run('crm_resource', args, { deadline });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
}
