import { DONE, type Outcome } from '../../pacemaker/outcome.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { IP } from '../../system/interfaces.ts';
import { ipVersion } from '../../system/ip-address.ts';
import { wholeLength } from '../../system/ip-network.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { applySysctls, restoreSysctls, SYSCTL_STATE_FILE, type SysctlOutcome } from '../sysctl.ts';
import { sysctlName } from '../sysctl-record.ts';
import type { Step, StepArguments, StepKind } from './steps.ts';

export interface Tools {
  /** In whose name kernel settings are changed: the resource's, or the command's. */
  readonly holder: string;
  readonly deadline: Deadline;
  readonly note: (sentence: string) => void;
}

type Executor<K extends StepKind> = (args: StepArguments[K], tools: Tools) => Promise<Outcome>;

const COMMAND_MS = 10_000;
const MODPROBE = '/sbin/modprobe';

const command = async (file: string, args: readonly string[], { deadline }: Tools): Promise<Outcome> => {
  const result = await run(file, args, { deadline: within(deadline, COMMAND_MS) });
  return succeeded(result) ? DONE : { ok: false, reason: describeFailure(result) };
};

const told = (outcome: SysctlOutcome, { note }: Tools): Outcome => {
  if (!outcome.ok) return outcome;
  for (const sentence of outcome.notes) note(sentence);
  return DONE;
};

/** What an address on a loopback must not be: the source of what this machine says of its own accord. */
const neverAsSource = (address: string): readonly string[] =>
  ipVersion(address) === 6 ? ['preferred_lft', '0', 'nodad', 'noprefixroute'] : ['scope', 'host'];

const executors: { readonly [K in StepKind]: Executor<K> } = {
  loadModule: ({ module }, tools) => command(MODPROBE, [module], tools),

  bringUp: ({ device }, tools) => command(IP, ['link', 'set', 'dev', device, 'up'], tools),

  takeDown: ({ device }, tools) => command(IP, ['link', 'set', 'dev', device, 'down'], tools),

  applySettings: async ({ settings }, tools) =>
    told(await applySysctls({ ...tools, stateFile: SYSCTL_STATE_FILE }, settings), tools),

  restoreSettings: async (_args, tools) =>
    told(await restoreSysctls({ ...tools, stateFile: SYSCTL_STATE_FILE }), tools),

  addAddress: ({ address, device, label }, tools) => {
    const where = [`${address}/${wholeLength(address)}`, 'dev', device];
    const called = label === undefined ? [] : ['label', label];
    return command(IP, ['address', 'add', ...where, ...called, ...neverAsSource(address)], tools);
  },

  removeAddress: ({ address, prefixLength, device }, tools) =>
    command(IP, ['address', 'del', `${address}/${prefixLength}`, 'dev', device], tools),
};

/** @throws nothing: whatever goes wrong is an outcome */
export const execute = async (step: Step, tools: Tools): Promise<Outcome> => {
  try {
    return await executeTyped(step.kind, step, tools);
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
};

const executeTyped = <K extends StepKind>(kind: K, args: StepArguments[K], tools: Tools): Promise<Outcome> =>
  executors[kind](args, tools);

/** What a log line, or a plan, says of a step. */
export const describeStep = (step: Step): string => {
  switch (step.kind) {
    case 'loadModule':
      return `load the kernel's module ${step.module}`;
    case 'bringUp':
      return `bring ${step.device} up`;
    case 'takeDown':
      return `take ${step.device} down`;
    case 'applySettings':
      return `set ${Object.entries(step.settings)
        .map(([name, value]) => `${sysctlName(name)} = ${value}`)
        .join(', ')}`;
    case 'restoreSettings':
      return 'put the kernel settings back to what they were before';
    case 'addAddress':
      return `put ${step.address}/${wholeLength(step.address)} on ${step.device}${step.label === undefined ? '' : ` as ${step.label}`}`;
    case 'removeAddress':
      return `remove ${step.address}/${step.prefixLength} from ${step.device}`;
  }
};
