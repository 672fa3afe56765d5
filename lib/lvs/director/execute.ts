import { DONE, type Outcome } from '../../pacemaker/outcome.ts';
import { writePrivate } from '../../pacemaker/private-attributes.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { applyRules } from '../ipvs/ipvsadm.ts';
import { type SyncRole as Role, setSyncRole, stopListening, syncFailure } from '../ipvs/sync-daemon.ts';
import { applySysctls, restoreSysctls, SYSCTL_STATE_FILE, type SysctlOutcome } from '../sysctl.ts';
import type { DirectorConfig } from './config.ts';
import { endFollower, keepFollower } from './follower.ts';
import { forgetMemory } from './memory-file.ts';
import { reportName } from './report.ts';
import type { Step, StepArguments, StepKind } from './steps.ts';

export interface Tools {
  readonly resource: string;
  readonly config: DirectorConfig;
  readonly deadline: Deadline;
  readonly note: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
}

type Executor<K extends StepKind> = (args: StepArguments[K], tools: Tools) => Promise<Outcome>;

const failed = (reason: string): Outcome => ({ ok: false, reason });

const APPLY_MS = 10_000;
const ATTRIBUTE_MS = 3_000;

const holder = ({ resource, deadline }: Tools) => ({
  stateFile: SYSCTL_STATE_FILE,
  holder: resource,
  deadline,
});

const outcomeOf = (result: SysctlOutcome, { note }: Tools): Outcome => {
  if (!result.ok) return failed(result.reason);
  for (const sentence of result.notes) note(sentence);
  return DONE;
};

/** One executor for each kind of step; a new kind without one does not compile. */
const executors: { readonly [K in StepKind]: Executor<K> } = {
  apply: async ({ lines }, { deadline, note }) => {
    const result = await applyRules(lines, within(deadline, APPLY_MS));
    for (const line of lines) note(`ipvsadm ${line}`);
    return result.ok ? DONE : failed(result.reason);
  },

  takeSysctls: async ({ wished, isServing }, tools) => {
    const outcome = outcomeOf(await applySysctls(holder(tools), wished), tools);
    if (outcome.ok || isServing !== true) return outcome;
    tools.warn(`[settings.failed] ${outcome.reason}`);
    return DONE;
  },

  restoreSysctls: async (_args, tools) => outcomeOf(await restoreSysctls(holder(tools)), tools),

  // Sessions that outlive the director are a help, and no reason not to be it, or not to stop. But for a backup that is
  // still there: it would keep the kernel from serving (backup_only).
  sync: async ({ role }, { config: { sync }, deadline, warn }) => {
    if (sync === undefined) return DONE;
    if (role === 'master') {
      const freed = await stopListening(within(deadline, APPLY_MS));
      if (!freed.ok) return freed;
    }
    const result = await setSyncRole(role satisfies Role, sync, within(deadline, APPLY_MS));
    if (!result.ok)
      warn(
        `[sync.failed] ${syncFailure(sync.interface, result.reason)}; it is tried again when lvsdr starts`,
      );
    return DONE;
  },

  follow: async ({ isWanted }, { resource, note }) => {
    if (!isWanted) endFollower(resource);
    else if (keepFollower(resource)) note('a process that follows events of the cluster was started');
    return DONE;
  },

  // Only for people: the balancer works as well when nobody can be told.
  report: async ({ text }, { resource, deadline, note }) => {
    const result = await writePrivate(reportName(resource), text, within(deadline, ATTRIBUTE_MS));
    if (!result.ok) note(`cls_status on other nodes is not told: ${result.reason}`);
    return DONE;
  },

  forget: async (_args, { resource }) => {
    forgetMemory(resource);
    return DONE;
  },
};

/** @throws nothing: whatever goes wrong is an outcome */
export const execute = async (step: Step, tools: Tools): Promise<Outcome> => {
  try {
    return await executeTyped(step.kind, step, tools);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
};

const executeTyped = <K extends StepKind>(kind: K, args: StepArguments[K], tools: Tools): Promise<Outcome> =>
  executors[kind](args, tools);
