import { actOr, type Decision } from '../../lvs/realsvr/decision.ts';
import { describeStep } from '../../lvs/realsvr/execute.ts';
import type { RealServer } from '../../lvs/realsvr/real-server.ts';
import { decideSoleStart, decideSoleStop } from '../../lvs/realsvr/sole.ts';
import { afterLoading, viewOf } from '../../lvs/realsvr/view.ts';
import { enumerate } from '../cli/text.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { Verdict } from '../plan.ts';
import type { OutsideSnapshot } from './snapshot.ts';
import { onCommand, unitText } from './unit.ts';

export type RealServerStep =
  /** `what` is done, for the plan's reader. */
  | { readonly kind: 'accept'; readonly what: readonly string[] }
  | { readonly kind: 'give-up'; readonly what: readonly string[] }
  | { readonly kind: 'keep'; readonly text: string }
  | { readonly kind: 'forget' };

export interface RealServerWishes {
  /** Leave alone what becomes of it at the next boot. */
  readonly untilReboot: boolean;
}

const refused = (code: CommandExitCode, sentence: string) => ({ kind: 'refused', code, sentence }) as const;

/** Pure. */
export function decideOn(
  server: RealServer,
  snapshot: OutsideSnapshot,
  { untilReboot }: RealServerWishes,
): Verdict<RealServerStep> {
  const { vip, device } = server;
  const { unit, executable, isClusterNode } = snapshot;
  const local = decideSoleStart(server, snapshot.local);
  if (local.kind === 'done' && local.code !== 0)
    return refused(CommandExit.NOT_IN_STATE, `${vip} is not accepted: ${local.reason.because}`);
  const elsewhere = elsewhereOf(server, snapshot);
  if (elsewhere.length > 0 && !isClusterNode)
    return refused(
      CommandExit.NOT_IN_STATE,
      `${vip} is on ${enumerate(elsewhere)}, so this machine answers for it in the network, as the director must do alone; is it the virtual address? If so, remove it there first (ip address show; ip address del)`,
    );
  const text = unitText(server, executable);
  const isKept = unit === undefined || (unit.text === text && unit.enabled && unit.active);
  const steps: readonly RealServerStep[] = [
    ...acting('accept', whole(local, server, snapshot)),
    ...(untilReboot || isKept ? [] : [{ kind: 'keep', text } as const]),
  ];
  if (steps.length === 0)
    return { kind: 'nothing-to-do', sentence: `${vip} is accepted already, on ${device}` };
  return {
    kind: 'plan',
    plan: {
      purpose: `This machine will accept connections to ${vip} that a director sends it${untilReboot || unit === undefined ? ', until it is rebooted' : ', also after a reboot'}.`,
      warnings: [
        ...(isClusterNode
          ? [
              'this machine is a node of a cluster (it has a corosync.conf), where the resource lvsdr-realsvr does this; cls_realserver is for machines outside',
            ]
          : []),
        ...(unit === undefined && !untilReboot
          ? [
              `this machine is not run by systemd: have "${onCommand(server)}" run at each boot (/etc/rc.local, or a service of your init system)`,
            ]
          : []),
      ],
      steps,
    },
  };
}

/** Pure. */
export function decideOff(
  server: RealServer,
  snapshot: OutsideSnapshot,
  { untilReboot }: RealServerWishes,
): Verdict<RealServerStep> {
  const { vip } = server;
  const local = decideSoleStop(server, snapshot.local);
  if (local.kind === 'done' && local.code !== 0)
    return refused(CommandExit.ERROR, `${vip} is not given up: ${local.reason.because}`);
  const { unit } = snapshot;
  const isKept = unit !== undefined && (unit.text !== undefined || unit.enabled || unit.active);
  const steps: readonly RealServerStep[] = [
    ...acting('give-up', local),
    ...(untilReboot || !isKept ? [] : [{ kind: 'forget' } as const]),
  ];
  if (steps.length === 0) return { kind: 'nothing-to-do', sentence: `${vip} is not accepted here anyway` };
  return {
    kind: 'plan',
    plan: {
      purpose: `This machine will not accept connections to ${vip} any more; those that are open are cut off.`,
      warnings: untilReboot
        ? []
        : [
            `a director that still has this machine in its list sends clients here who get no answer: take it out of the list first (cls_status shows it, docs/lvs-outside.md)`,
          ],
      steps,
    },
  };
}

/** What a module makes is not there yet; the plan has what will be done with it, too. */
const whole = (local: Decision, server: RealServer, snapshot: OutsideSnapshot): Decision => {
  if (local.kind === 'done' || local.steps.every(({ kind }) => kind !== 'loadModule')) return local;
  const then = decideSoleStart(server, afterLoading(server, snapshot.local));
  return then.kind === 'act' ? actOr(local.reason, [...local.steps, ...then.steps], () => local) : local;
};

const acting = (kind: 'accept' | 'give-up', local: Decision): readonly RealServerStep[] =>
  local.kind === 'act' ? [{ kind, what: local.steps.map(describeStep) }] : [];

const elsewhereOf = (server: RealServer, { local }: OutsideSnapshot): readonly string[] => {
  const view = viewOf(server, local);
  return view.kind === 'present' ? view.elsewhere : [];
};
