import type { Deadline } from '../system/clock.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { DONE, type Outcome } from './outcome.ts';

/** Changes the CIB by a patch such as {@link targetRolePatch} makes, in one transaction: all of it or nothing. */
export async function modifyCib(patch: string, deadline: Deadline): Promise<Outcome> {
  const result = await run('cibadmin', ['--modify', '--allow-create', `--xml-text=${patch}`], { deadline });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
}
