import { aloneOf, formatLockId } from '../../distlock/lock-id.ts';
import { writeConfiguration } from '../../pacemaker/attributes.ts';
import { forgetFailures } from '../../pacemaker/cleanup.ts';
import { queryCluster } from '../../pacemaker/query.ts';
import { confirmRecord } from '../../pgsql/confirm.ts';
import { nameAlone } from '../../pgsql/lock/execute-lock.ts';
import { stateNames } from '../../pgsql/names.ts';
import { resetChange, resetText } from '../../pgsql/reset.ts';
import { within } from '../../system/clock.ts';
import { arbiterOfResource, observeArbiter } from '../arbiter/observe-arbiter.ts';
import { observeCluster } from '../cluster/observe-cluster.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { promotedNodes, type Situation } from '../status/situation.ts';
import type { ResetStep } from './decide.ts';
import { objectionToLock } from './lock.ts';
import { objectionNow } from './second-look.ts';

const WRITE_MS = 10_000;

/** Carries a reset out. The agents do the rest: see lib/pgsql/reset.ts. */
export function resetExecutor(situation: Situation): Executor<ResetStep> {
  const { resource, facts, self } = situation;
  const names = stateNames(resource.id);
  const lock = arbiterOfResource(resource);
  const rowAlone = lock?.ok ? formatLockId(aloneOf(lock.value.lock)) : 'LOCK#alone';

  const record = async (
    { node, newest }: Extract<ResetStep, { kind: 'record' }>,
    { deadline }: StepContext,
  ): Promise<StepResult> => {
    const limit = within(deadline, WRITE_MS);
    // Once more, since an operator may have thought about it for a while.
    const now = await observeCluster(limit);
    if (!now.known) return failure(CommandExit.NO_CLUSTER_INFORMATION, now.reason);
    const { view } = now.value;
    const objection = objectionNow(now.value, resource, facts.replInfoText);
    if (objection !== undefined) return objection;
    const written = await writeConfiguration(resetChange(node, view, names, newest), view, limit);
    if (!written.ok) return failure(CommandExit.ERROR, written.reason);
    // Of two nodes one alone is no majority; the arbiter was asked, and told.
    if (lock !== undefined) return STEP_DONE;
    const confirmed = await confirmRecord(
      self,
      view,
      names,
      { dataStatus: {}, notSync: [...view.nodes.keys()], replInfoText: resetText(node) },
      limit,
    );
    return confirmed.ok ? STEP_DONE : failure(CommandExit.NO_QUORUM, confirmed.reason);
  };

  const tellArbiter = async (
    { node, ifRenewedAt }: Extract<ResetStep, { kind: 'name-alone' }>,
    { deadline }: StepContext,
  ): Promise<StepResult> => {
    const limit = within(deadline, WRITE_MS);
    const arbiter = await observeArbiter(resource, limit);
    const objection = objectionToLock({ situation, ...(arbiter === undefined ? {} : { arbiter }) }, node);
    if (objection !== undefined) return objection;
    const told =
      lock?.ok === true
        ? await nameAlone(node, lock.value, ifRenewedAt, limit)
        : { ok: false as const, reason: 'the parameters name no lock any more' };
    return told.ok
      ? STEP_DONE
      : failure(
          CommandExit.ERROR,
          `${told.reason}; the record is as it was: look at cls_status, and try again`,
        );
  };

  const cleanUp = async (node: string, { deadline, interrupted }: StepContext): Promise<StepResult> => {
    const forgotten = await forgetFailures(resource.id, node, deadline, interrupted);
    return forgotten.ok ? STEP_DONE : failure(CommandExit.ERROR, forgotten.reason);
  };

  const awaitPrimary = async (
    node: string | undefined,
    { progress, deadline, interrupted }: StepContext,
  ): Promise<StepResult> => {
    let primary: string | undefined;
    const waited = await waitForCluster(
      ({ mon, view }) => {
        [primary] = promotedNodes(resource, mon);
        const status =
          primary === undefined ? undefined : view.nodes.get(primary)?.transient.get(names.status);
        return status === 'PRI' ? undefined : `${node ?? 'a node'} is to be promoted`;
      },
      { deadline, onState: progress.state, interrupted },
    );
    if (waited.kind !== 'reached')
      return failure(
        CommandExit.NOT_IN_TIME,
        `nobody is the primary ${waited.kind === 'timed-out' ? 'in time' : 'yet'}`,
      );
    return node === undefined || primary === node
      ? { ok: true, sentence: `${primary} is the primary` }
      : failure(
          CommandExit.ERROR,
          `${primary} was promoted, and not ${node}: it holds more (the log of the agents has [election.better-node] or [promote.better-node])`,
        );
  };

  return {
    describe: (step) => {
      switch (step.kind) {
        case 'record': {
          const confirmed = lock === undefined ? ', confirmed by a majority of the nodes' : '';
          return step.node === undefined
            ? `empty ${names.replInfo} and all data statuses${confirmed}`
            : `record ${step.node} in ${names.replInfo} and empty all data statuses${confirmed}`;
        }
        case 'name-alone':
          return `give ${step.node} the row ${rowAlone} of the arbiter, so that no other node is promoted`;
        case 'clean-up':
          return `clean up the failures of ${resource.id} on ${step.node}`;
        case 'await-primary':
          return `wait until ${step.node ?? 'a node'} is the primary`;
      }
    },
    execute: (step, context) => {
      switch (step.kind) {
        case 'record':
          return record(step, context);
        case 'name-alone':
          return tellArbiter(step, context);
        case 'clean-up':
          return cleanUp(step.node, context);
        case 'await-primary':
          return awaitPrimary(step.node, context);
      }
    },
    recover: async (begun, { deadline }) => {
      const now = await queryCluster(within(deadline, WRITE_MS));
      if (!now.known) return `what is recorded now cannot be told: ${now.reason}`;
      const text = now.value.properties.get(names.replInfo) || undefined;
      // Who had the row before may be off: to give it back would only bring the refusal back.
      const told = begun.find((step) => step.kind === 'name-alone');
      const named =
        told === undefined
          ? ''
          : `; the arbiter may know ${told.node} already as the only one that may be promoted (${rowAlone}): run cls_reset_master ${told.node} again, or name the other node`;
      return text === facts.replInfoText
        ? `the record is as it was: ${names.replInfo} is ${text ?? 'empty'}${named}`
        : `${names.replInfo} is ${text ?? 'empty'} now, and the cluster goes on by itself; cls_status shows how, and cls_reset_master can be run again`;
    },
  };
}
