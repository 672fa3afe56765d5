import type { Deadline } from '../system/clock.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import type { CibPatch } from './configuration-patch.ts';
import { DONE, type Outcome } from './outcome.ts';

/** CRM_EX_OLD: it would take admin_epoch back. CRM_EX_NOSUCH: the CIB has nothing that the XPath finds. */
const EXIT_OLD = 103;
const EXIT_NO_SUCH = 105;

/** Why a node does not take a record: its CIB has another admin_epoch than the one from which that was decided. */
export const OUTDATED: Outcome = {
  ok: false,
  reason: 'another record has been made since this was decided: the CIB has another admin_epoch now',
  isOutdated: true,
};

/** Changes the CIB by a patch such as {@link targetRolePatch} makes, in one transaction: all of it or nothing. */
export async function modifyCib({ xml, onlyAt }: CibPatch, deadline: Deadline): Promise<Outcome> {
  const condition = onlyAt === undefined ? [] : [`--xpath=${onlyAt}`];
  const result = await run('cibadmin', ['--modify', '--allow-create', ...condition, `--xml-text=${xml}`], {
    deadline,
  });
  if (succeeded(result)) return DONE;
  const isRefused =
    result.exitCode === EXIT_OLD || (onlyAt !== undefined && result.exitCode === EXIT_NO_SUCH);
  return isRefused ? OUTDATED : { ok: false, reason: describeFailure(result) };
}
