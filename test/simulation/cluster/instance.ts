/** What Pacemaker believes of the resource on one node, from the results of operations. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { CallKind } from '../../../lib/pgsql/depth.ts';

export interface Instance {
  readonly role: 'unknown' | 'stopped' | 'unpromoted' | 'promoted';
  /** it has to be recovered: stopped, at least */
  readonly isFailed: boolean;
  readonly failures: number;
  /** a failed start: not here again before an operator has cleaned up */
  readonly isBanned: boolean;
  /** a failed stop: nothing is done here any more */
  readonly isBlocked: boolean;
  /** an action is under way there of which the result is not known yet */
  readonly isPending: boolean;
  /** why the last operation failed, as crm_mon shows it */
  readonly exitReason: string | undefined;
}

export const UNKNOWN_INSTANCE: Instance = {
  role: 'unknown',
  isFailed: false,
  failures: 0,
  isBanned: false,
  isBlocked: false,
  isPending: false,
  exitReason: undefined,
};

export type Action = Exclude<CallKind, 'notify'> | 'probe';

/** What an operation leaves Pacemaker with. Failures until the operator cleans up; see instanceCleaned. */
export const instanceAfter = (
  before: Instance,
  action: Action,
  code: number,
  exitReason: string | undefined,
): Instance => {
  const ok = code === OcfExit.SUCCESS;
  const failed = (change: Partial<Instance>): Instance => ({
    ...before,
    isFailed: true,
    failures: before.failures + 1,
    exitReason,
    isPending: false,
    ...change,
  });
  const settled = (role: Instance['role']): Instance => ({
    ...before,
    role,
    isFailed: false,
    isPending: false,
  });
  switch (action) {
    case 'start':
      return ok ? settled('unpromoted') : failed({ role: 'unpromoted', isBanned: true });
    case 'stop':
      return ok ? settled('stopped') : failed({ isBlocked: true });
    case 'promote':
      return ok ? settled('promoted') : failed({ role: 'promoted' });
    case 'demote':
      return ok ? settled('unpromoted') : failed({ role: 'unpromoted' });
    case 'probe':
      return probed(before, code);
    case 'monitor':
      return failed({ role: roleAfterMonitor(before, code) });
  }
};

const probed = (before: Instance, code: number): Instance => {
  const role =
    code === OcfExit.SUCCESS
      ? 'unpromoted'
      : code === OcfExit.RUNNING_PROMOTED || code === OcfExit.FAILED_PROMOTED
        ? 'promoted'
        : code === OcfExit.NOT_RUNNING
          ? 'stopped'
          : 'unpromoted';
  const isWell =
    code === OcfExit.SUCCESS || code === OcfExit.RUNNING_PROMOTED || code === OcfExit.NOT_RUNNING;
  return { ...before, role, isFailed: !isWell, isPending: false };
};

/** Called for a result that was not expected. */
const roleAfterMonitor = (before: Instance, code: number): Instance['role'] =>
  code === OcfExit.RUNNING_PROMOTED || code === OcfExit.FAILED_PROMOTED ? 'promoted' : before.role;

export const instanceCleaned = (before: Instance): Instance => ({
  ...before,
  failures: 0,
  isBanned: false,
  isBlocked: false,
  exitReason: undefined,
});
