import { readCibText } from '../../pacemaker/cib-text.ts';
import { type MonReport, parseCrmMon } from '../../pacemaker/crm-mon.ts';
import { type PrimitiveConfig, parsePrimitives } from '../../pacemaker/resources.ts';
import { type ClusterView, parseCib } from '../../pacemaker/view.ts';
import type { Deadline } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { describeFailure, type RunResult, run, succeeded } from '../../system/process.ts';

/** What Pacemaker says, from three looks within some milliseconds. */
export interface ClusterSnapshot {
  readonly self: string;
  readonly view: ClusterView;
  readonly primitives: readonly PrimitiveConfig[];
  readonly mon: MonReport;
}

/**
 * Asks this node's Pacemaker; unknown when it does not run here or cannot be understood, and when the look is interrupted.
 */
export async function observeCluster(
  deadline: Deadline,
  interrupted?: AbortSignal,
): Promise<Fact<ClusterSnapshot>> {
  const options = { deadline, ...(interrupted === undefined ? {} : { interrupted }) };
  const [cib, mon, name] = await Promise.all([
    readCibText(['--local'], options),
    run('crm_mon', ['--one-shot', '--output-as=xml'], options),
    run('crm_node', ['--name'], options),
  ]);
  if (interrupted?.aborted) return unknown('the look was interrupted');
  if (!cib.ok) return unknown(whyNoAnswer(cib.result, cib.reason));
  const view = parseCib(cib.text);
  if (!view.ok) return unknown(`cibadmin: ${view.reason}`);
  const resources = parsePrimitives(cib.text);
  if (!resources.ok) return unknown(`cibadmin: ${resources.reason}`);
  if (!succeeded(mon)) return unknown(whyNoAnswer(mon, describeFailure(mon)));
  const report = parseCrmMon(mon.stdout);
  if (!report.ok) return unknown(report.reason);
  return known({
    self: name.stdout.trim(),
    view: view.view,
    primitives: resources.primitives,
    mon: report.report,
  });
}

function whyNoAnswer({ exitCode, notFound }: RunResult, reason: string): string {
  if (notFound) return 'Pacemaker is not installed on this node';
  // CRM_EX_DISCONNECT, or ENOTCONN of Pacemaker before 2.0: nobody listens.
  return exitCode === 102 || exitCode === 107
    ? 'Pacemaker does not run on this node; start it with `pcs cluster start`'
    : reason;
}

/** What `crm_mon -Afr1` prints, for people. */
export async function crmMonText(deadline: Deadline): Promise<Fact<string>> {
  const result = await run('crm_mon', ['-Afr1'], { deadline });
  return succeeded(result) ? known(result.stdout) : unknown(describeFailure(result));
}
