import type { RealServer } from '../../lvs/realsvr/real-server.ts';
import { type Decide, settle } from '../../lvs/realsvr/settle.ts';
import { decideSoleStart, decideSoleStop } from '../../lvs/realsvr/sole.ts';
import { ROOT } from '../../system/as-user.ts';
import { removeFile, writeFileAtomically } from '../../system/files.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Executor, failure, STEP_DONE, type StepContext, type StepResult } from '../plan.ts';
import type { RealServerStep } from './decide.ts';
import { holderOf } from './observe.ts';
import { unitName, unitPath } from './unit.ts';

export const realServerExecutor = (server: RealServer): Executor<RealServerStep> => {
  const { vip } = server;
  const unit = unitName(vip);
  return {
    describe: (step) => {
      switch (step.kind) {
        case 'accept':
        case 'give-up':
          return enumerate(step.what);
        case 'keep':
          return `have systemd do so at each boot (${unitPath(vip)}, systemctl enable ${unit})`;
        case 'forget':
          return `have systemd do so no more at boot (systemctl disable ${unit}; ${unitPath(vip)} is removed)`;
      }
    },
    execute: async (step, context) => {
      switch (step.kind) {
        case 'accept':
          return locally(decideSoleStart, server, context);
        case 'give-up':
          return locally(decideSoleStop, server, context);
        case 'keep':
          writeFileAtomically(unitPath(vip), step.text, { user: ROOT, mode: 0o644 });
          return systemctl(context, ['daemon-reload'], ['enable', unit], ['start', unit]);
        case 'forget': {
          const disabled = await systemctl(context, ['disable', unit], ['stop', unit]);
          if (!disabled.ok) return disabled;
          removeFile(unitPath(vip), ROOT);
          return systemctl(context, ['daemon-reload']);
        }
      }
    },
    recover: async (begun) => {
      const [last] = begun.slice(-1);
      const again = 'the same command can be run again';
      switch (last?.kind) {
        case 'keep':
          return `${vip} is accepted here, but perhaps not after a reboot; ${again}, and cls_realserver off ${vip} undoes all`;
        case 'forget':
          return `${vip} is given up here, but perhaps comes back at the next boot; ${again}`;
        default:
          return `cls_realserver status ${vip} tells how far it came; ${again}`;
      }
    },
  };
};

const locally = async (
  decide: Decide,
  server: RealServer,
  { deadline, progress }: StepContext,
): Promise<StepResult> => {
  const settled = await settle(decide, server, {
    holder: holderOf(server),
    deadline,
    // What is done stands in the plan already.
    log: ({ because, level }) => {
      if (level === 'warn' || because.includes('somebody has changed')) progress.note(because);
    },
  });
  if (settled.kind === 'failed') return failure(CommandExit.ERROR, settled.why);
  const { code, reason } = settled.decision;
  return code === 0 ? { ok: true, sentence: reason.because } : failure(CommandExit.ERROR, reason.because);
};

const systemctl = async (
  { deadline, interrupted }: StepContext,
  ...calls: readonly (readonly string[])[]
): Promise<StepResult> => {
  for (const args of calls) {
    const result = await run('systemctl', ['--quiet', ...args], { deadline, interrupted });
    if (!succeeded(result))
      return failure(CommandExit.ERROR, `${args.join(' ')}: ${describeFailure(result)}`);
  }
  return STEP_DONE;
};
