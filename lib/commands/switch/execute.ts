import { writeTransient } from '../../pacemaker/attributes.ts';
import { isChanging } from '../../pacemaker/crm-mon.ts';
import { clusterFacts } from '../../pgsql/cluster-facts.ts';
import { stateNames } from '../../pgsql/names.ts';
import { query } from '../../postgres/client.ts';
import { findPostmaster } from '../../postgres/process.ts';
import { type Deadline, deadlineIn, within } from '../../system/clock.ts';
import { findUser } from '../../system/os-user.ts';
import type { ClusterSnapshot } from '../cluster/observe-cluster.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { localAddress, primaryAddress } from '../database/addresses.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { promotedNodes, type StatusSnapshot } from '../status/situation.ts';
import type { Change, SwitchStep } from './decide.ts';
import { type OutageProbe, probeOutage } from './outage.ts';
import { failureSince, isNamed, standingOf } from './outcome.ts';
import { reportText, type SwitchReport, switchReport } from './report.ts';

const ATTRIBUTE_MS = 10_000;
const CHECKPOINT_MS = 20_000;
/** The write VIP follows the primary. */
const ADDRESS_MS = 15_000;
/** After a failure or Ctrl-C the cluster gets so long to come to rest, so that one can be told how it ended. */
const REST_MS = 60_000;
/** So many equal looks, two seconds in all: the attribute is gone some time before the score arrives. */
const LASTING_LOOKS = 5;

/**
 * Carries a switch out. The primary's agent does the work: see lib/pgsql/decide/hand-over.ts.
 * @param onReport is told what came of it when the successor is the primary
 */
export function switchExecutor(
  before: StatusSnapshot,
  onReport: (report: SwitchReport) => void,
): Executor<SwitchStep> {
  const { resource } = before;
  const names = stateNames(resource.id);
  let probe: OutageProbe | undefined;

  const checkpoint = async (
    { primary }: Change,
    { progress, deadline, interrupted }: StepContext,
  ): Promise<StepResult> => {
    const owner = findUser(resource.parameters.pgdba);
    const address =
      owner === undefined
        ? undefined
        : primary === before.self
          ? localAddress(resource, owner, findPostmaster(resource.parameters.pgdata)?.socketDirectory)
          : primaryAddress(resource, owner);
    // It only shortens the shutdown; the agent does the same with its own rights, for some seconds at most.
    const done =
      address === undefined
        ? undefined
        : await query(
            address,
            'CHECKPOINT',
            within(deadline, Math.min(CHECKPOINT_MS, deadline.remainingMs() / 2)),
            interrupted,
          );
    if (done?.ok === false) progress.state(`left to the agent of ${primary} (${done.failure.message})`);
    return STEP_DONE;
  };

  const nameSuccessor = async (
    { successor, replInfo }: Change,
    { deadline }: StepContext,
  ): Promise<StepResult> => {
    const owner = findUser(resource.parameters.pgdba);
    const address = owner === undefined ? undefined : primaryAddress(resource, owner);
    if (address !== undefined) probe = probeOutage(address);
    // One that an earlier call has named and that is not the primary's successor any more.
    const others = [...before.view.nodes.keys()].filter(
      (node) =>
        node !== successor &&
        clusterFacts(before.view, names).transient(node, names.switchFrom) !== undefined,
    );
    const changes = [
      ...others.map((node) => ({ node, name: names.switchFrom, value: undefined })),
      { node: successor, name: names.switchFrom, value: replInfo },
    ];
    const written = await writeTransient(changes, within(deadline, ATTRIBUTE_MS));
    return written.ok ? STEP_DONE : failure(CommandExit.ERROR, written.reason);
  };

  const awaitPrimary = async (change: Change, context: StepContext): Promise<StepResult> => {
    const { successor, primary } = change;
    let restingLooks = 0;
    let isUnanswered = false;
    const waited = await waitForCluster(
      (cluster) => {
        isUnanswered = isNamed(cluster.view, resource, change);
        const standing = standingOf(cluster, resource, change);
        restingLooks = standing.kind === 'at-rest' ? restingLooks + 1 : 0;
        if (standing.kind === 'under-way') return standing.state;
        return standing.kind === 'done' || restingLooks >= LASTING_LOOKS
          ? undefined
          : `${successor} is to take over from ${primary}`;
      },
      { ...context, onState: context.progress.state },
    );
    if (waited.kind !== 'reached')
      return failure(
        CommandExit.NOT_IN_TIME,
        `${successor} is not the primary ${waited.kind === 'timed-out' ? 'in time' : 'yet'}: ${waited.missing}${waited.kind === 'timed-out' && isUnanswered ? unanswered(change) : ''}`,
      );
    const standing = standingOf(waited.cluster, resource, change);
    if (standing.kind === 'at-rest') return wentBack(change, standing.primary, waited.cluster);
    context.progress.state('the write VIP follows');
    const address = resource.parameters.master_ip;
    const outage = await probe?.finish(within(context.deadline, ADDRESS_MS));
    if (outage?.kind === 'goes-on')
      return failure(
        CommandExit.NOT_IN_TIME,
        `${successor} is the primary, but ${address} does not lead to it, so clients cannot write (${outage.because}): see in cls_status what keeps the resource of this address from ${successor}`,
      );
    const stopped =
      outage === undefined
        ? 'no address of the primary is configured (master_ip)'
        : outage.kind === 'measured'
          ? outage.ms
          : outage.because;
    const report = switchReport(change, stopped);
    onReport(report);
    return { ok: true, sentence: reportText(report, address) };
  };

  const unanswered = ({ successor, primary }: Change): string =>
    `; ${names.switchFrom} is still on ${successor}: if the log of ${primary} has no [switch.wait], its agent does not know this attribute (an older version: install this one there, too), or its monitor does not run`;

  const wentBack = (change: Change, now: string, cluster: ClusterSnapshot): StepResult => {
    const { successor, primary } = change;
    if (now !== primary)
      return failure(
        CommandExit.ERROR,
        `${now} was promoted, and not ${successor}: the log of the agents tells why (grep '\\[election\\.\\|\\[promote\\.' /var/log/pacemaker/pacemaker.log)`,
      );
    const failed = failureSince(before.mon, cluster.mon, resource, change);
    return failure(
      CommandExit.ERROR,
      failed === undefined
        ? `${primary} did not hand over, or Pacemaker did not promote ${successor}: the log of ${primary} tells which (grep '\\[switch\\.' /var/log/pacemaker/pacemaker.log); a location constraint may keep ${successor} from it (pcs constraint), or resource-stickiness of the database or the write VIP the primary where it is`
        : `${successor} was to be promoted, but ${failed}; ${primary} is primary again`,
    );
  };

  const awaitStandby = async ({ primary }: Change, context: StepContext): Promise<StepResult> => {
    const waited = await waitForCluster(
      ({ view, mon }) => {
        const status = clusterFacts(view, names).dataStatus(primary);
        const instance = mon.instances.find(
          ({ resource: id, nodes }) => id === resource.id && nodes.includes(primary),
        );
        if (instance === undefined) return `the database of ${primary} does not run`;
        return status?.startsWith('STREAMING|')
          ? undefined
          : `${primary} is ${status ?? 'without a data status'}`;
      },
      { ...context, onState: context.progress.state },
    );
    if (waited.kind === 'reached') return STEP_DONE;
    return failure(
      CommandExit.STANDBYS_NOT_WELL,
      `${primary} does not follow as a standby ${waited.kind === 'timed-out' ? 'in time' : 'yet'}: ${waited.missing}; see cls_status`,
    );
  };

  return {
    describe: (step) => {
      switch (step.kind) {
        case 'checkpoint':
          return `write a checkpoint on ${step.primary}, so that its shutdown is short`;
        case 'name-successor':
          return `name ${step.successor} as the successor of ${step.primary} (${names.switchFrom})`;
        case 'await-primary':
          return step.becomesSynchronous
            ? `wait until ${step.primary} has made ${step.successor} its synchronous standby and ${step.successor} is primary`
            : `wait until ${step.successor} is primary`;
        case 'await-standby':
          return `wait until ${step.primary} follows as a standby`;
      }
    },
    execute: (step, context) => {
      switch (step.kind) {
        case 'checkpoint':
          return checkpoint(step, context);
        case 'name-successor':
          return nameSuccessor(step, context);
        case 'await-primary':
          return awaitPrimary(step, context);
        case 'await-standby':
          return awaitStandby(step, context);
      }
    },
    recover: async (begun, { progress }) => {
      probe?.stop();
      const named = begun.find(({ kind }) => kind === 'name-successor');
      if (named === undefined) return 'nothing has changed';
      return takeBack(before, named, deadlineIn(REST_MS), progress.state);
    },
  };
}

/** Nobody is the successor any more; then says who is primary. What has begun the cluster ends by itself. */
async function takeBack(
  { resource }: StatusSnapshot,
  change: Change,
  deadline: Deadline,
  onState: (text: string) => void,
): Promise<string> {
  const { switchFrom } = stateNames(resource.id);
  const withdrawn = await writeTransient(
    [{ node: change.successor, name: switchFrom, value: undefined }],
    within(deadline, ATTRIBUTE_MS),
  );
  let primaries: readonly string[] = [];
  let restingLooks = 0;
  const waited = await waitForCluster(
    (cluster) => {
      primaries = promotedNodes(resource, cluster.mon);
      const standing = standingOf(cluster, resource, change);
      const isAtRest =
        standing.kind !== 'under-way' &&
        !cluster.mon.instances.some((each) => each.resource === resource.id && isChanging(each));
      restingLooks = isAtRest ? restingLooks + 1 : 0;
      return restingLooks >= LASTING_LOOKS
        ? undefined
        : standing.kind === 'under-way'
          ? standing.state
          : 'the cluster comes to rest';
    },
    { deadline, onState },
  );
  const left = withdrawn.ok
    ? ''
    : `; ${switchFrom} of ${change.successor} could not be removed (${withdrawn.reason}): the primary's agent removes it within a minute`;
  const [primary] = primaries;
  if (waited.kind !== 'reached' || primary === undefined)
    return `no node is the primary yet (${waited.kind === 'reached' ? 'it is being promoted' : waited.missing}); the cluster goes on by itself, and cls_status shows how${left}`;
  return primary === change.successor
    ? `${primary} is the primary: the switch had taken place already${left}`
    : `${primary} is the primary, and nothing of the switch is left${left}`;
}
