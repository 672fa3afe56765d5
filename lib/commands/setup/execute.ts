import { dirname } from 'node:path';
import { writeTransient } from '../../pacemaker/attributes.ts';
import { readCib, replaceConfiguration } from '../../pacemaker/replace-configuration.ts';
import { resourceTreeOf } from '../../pacemaker/resource-tree.ts';
import { childOf } from '../../pacemaker/xml.ts';
import { Score } from '../../pgsql/names.ts';
import { deadlineIn } from '../../system/clock.ts';
import { ensureDirectory, writeFileAtomically } from '../../system/files.ts';
import type { OsUser } from '../../system/os-user.ts';
import { waitForCluster } from '../cluster/wait.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import { startOutcome } from '../run-state/outcome.ts';
import { scopeOf } from '../run-state/scope.ts';
import { waitForOutcome } from '../run-state/wait.ts';
import type { SetupStep } from './decide.ts';
import { recoverySentence, standing } from './recovery.ts';
import type { SetupSnapshot } from './snapshot.ts';

/** How long a look at the cluster may take when something has gone wrong. */
const LOOK_MS = 10_000;

export function setupExecutor(
  snapshot: SetupSnapshot,
  user: OsUser,
  timeoutSeconds: number,
): Executor<SetupStep> {
  return {
    describe: (step) => {
      switch (step.kind) {
        case 'back-up':
          return `back up the cluster's configuration to ${step.file}`;
        case 'adopt':
          return `tell Pacemaker that ${step.node} is the primary already, so that PostgreSQL goes on running there`;
        case 'load':
          return `load ${step.definitionFile}, in one transaction`;
        case 'wait':
          return 'wait until there is a primary and every standby streams';
      }
    },
    execute: async (step, context) => {
      switch (step.kind) {
        case 'back-up':
          return backUp(step.file, user, context);
        case 'adopt':
          return adopt(step.node, step.score, context);
        case 'load':
          return load(snapshot, user, context);
        case 'wait':
          return waitUntilWell(snapshot, timeoutSeconds, context);
      }
    },
    recover: (begun) => whatNow(snapshot, begun),
  };
}

/** Root alone may read it: it may hold secrets of fence agents. */
async function backUp(file: string, user: OsUser, { deadline }: StepContext): Promise<StepResult> {
  const cib = await readCib(deadline);
  if (!cib.ok) return failure(CommandExit.ERROR, `the configuration cannot be read: ${cib.reason}`);
  ensureDirectory(dirname(file), user);
  writeFileAtomically(file, cib.text, { user, mode: 0o600 });
  return STEP_DONE;
}

/** Waits until the score is in the CIB: it must be there when Pacemaker finds the server. */
async function adopt(node: string, name: string, context: StepContext): Promise<StepResult> {
  const value = String(Score.primary);
  const written = await writeTransient([{ node, name, value }], context.deadline);
  if (!written.ok) return failure(CommandExit.ERROR, written.reason);
  const { deadline, interrupted } = context;
  const waited = await waitForCluster(
    ({ view }) =>
      view.nodes.get(node)?.transient.get(name) === value
        ? undefined
        : `${name} of ${node} does not show yet`,
    { deadline, interrupted, onState: context.progress.state },
  );
  return waited.kind === 'reached' ? STEP_DONE : failure(CommandExit.NOT_IN_TIME, waited.missing);
}

async function load(
  { before, after, definitionFile }: SetupSnapshot,
  user: OsUser,
  { deadline }: StepContext,
): Promise<StepResult> {
  const replaced = await replaceConfiguration(before, after, user, deadline);
  switch (replaced.kind) {
    case 'done':
      return STEP_DONE;
    case 'changed-meanwhile':
      return failure(
        CommandExit.NOT_IN_STATE,
        "somebody else has changed the cluster's configuration in the meantime, so that nothing was loaded; run cls_setup again",
      );
    case 'failed':
      return failure(CommandExit.ERROR, `${definitionFile} could not be loaded: ${replaced.reason}`);
  }
}

/** Only what the definition has: others may be stopped for reasons of their own. */
async function waitUntilWell(
  { after, config, database }: SetupSnapshot,
  timeoutSeconds: number,
  context: StepContext,
): Promise<StepResult> {
  if (database === undefined) return STEP_DONE;
  const scope = scopeOf(resourceTreeOf(after), database.id, config.values.RESOURCE_LIST);
  return waitForOutcome((now) => startOutcome(now, scope), database, timeoutSeconds, context);
}

/** Looks where the run has left the cluster, and withdraws a promotion score that is of no use. */
async function whatNow(snapshot: SetupSnapshot, begun: readonly SetupStep[]): Promise<string> {
  const cib = await readCib(deadlineIn(LOOK_MS));
  const now = cib.ok ? ({ ok: true, configuration: childOf(cib.cib, 'configuration') } as const) : cib;
  const found = standing(snapshot, begun, now);
  const sentence = recoverySentence(snapshot, found);
  const scores = begun.flatMap((step) =>
    step.kind === 'adopt' ? [{ node: step.node, name: step.score, value: undefined }] : [],
  );
  if (found.kind !== 'old' || scores.length === 0) return sentence;
  const withdrawn = await writeTransient(scores, deadlineIn(LOOK_MS));
  if (withdrawn.ok) return sentence;
  const commands = scores.map(
    ({ node, name }) => `crm_attribute --lifetime=reboot --node=${node} --name=${name} --delete`,
  );
  return `${sentence}, but for a promotion score (${withdrawn.reason}); remove it: ${commands.join('; ')}`;
}
