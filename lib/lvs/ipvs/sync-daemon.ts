import type { Deadline } from '../../system/clock.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import type { Applied } from './ipvsadm.ts';

export type SyncRole = 'master' | 'backup';

export interface SyncSettings {
  readonly interface: string;
  /** 0: every director that is heard. */
  readonly id: number;
}

/** The roles in which the kernel's daemon runs now, as `ipvsadm -Ln --daemon` prints them. Total. */
export const parseSyncRoles = (text: string): readonly SyncRole[] =>
  (['master', 'backup'] as const).filter((role) => new RegExp(`^${role} sync daemon`, 'm').test(text));

const rolesNow = async (deadline: Deadline): Promise<readonly SyncRole[]> =>
  parseSyncRoles((await run('ipvsadm', ['--list', '--numeric', '--daemon'], { deadline })).stdout);

/** Makes the daemon run in one role and not in the other. It may be repeated. */
export const setSyncRole = async (
  role: SyncRole,
  { interface: device, id }: SyncSettings,
  deadline: Deadline,
): Promise<Applied> => {
  const now = await rolesNow(deadline);
  const other = role === 'master' ? 'backup' : 'master';
  const calls = [
    ...(now.includes(other) ? [[`--stop-daemon`, other]] : []),
    ...(now.includes(role)
      ? []
      : [['--start-daemon', role, '--mcast-interface', device, '--syncid', String(id)]]),
  ];
  for (const args of calls) {
    const result = await run('ipvsadm', args, { deadline });
    if (!succeeded(result)) return { ok: false, reason: describeFailure(result) };
  }
  return { ok: true };
};
