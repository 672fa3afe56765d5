import type { Deadline } from '../../system/clock.ts';
import { type Fact, factOr } from '../../system/fact.ts';
import type { Interface } from '../../system/interfaces.ts';
import { lockWithin } from '../../system/lock.ts';
import { describeFailure, run, succeeded } from '../../system/process.ts';
import { type Applied, readServices } from './ipvsadm.ts';

export type SyncRole = 'master' | 'backup';

export interface SyncSettings {
  readonly interface: string;
  /** 0: every director that is heard. */
  readonly id: number;
}

type Calls = readonly (readonly string[])[];

/** The roles in which the kernel's daemon runs now, as `ipvsadm -Ln --daemon` prints them. Total. */
export const parseSyncRoles = (text: string): readonly SyncRole[] =>
  (['master', 'backup'] as const).filter((role) => new RegExp(`^${role} sync daemon`, 'm').test(text));

type RolesNow =
  | { readonly ok: true; readonly roles: readonly SyncRole[] }
  | { readonly ok: false; readonly reason: string };

const rolesNow = async (deadline: Deadline): Promise<RolesNow> => {
  const result = await run('ipvsadm', ['--list', '--numeric', '--daemon'], { deadline });
  return succeeded(result)
    ? { ok: true, roles: parseSyncRoles(result.stdout) }
    : { ok: false, reason: describeFailure(result) };
};

const starting = (role: SyncRole, { interface: device, id }: SyncSettings): readonly string[] => [
  ...['--start-daemon', role, '--mcast-interface', device, '--syncid', String(id)],
];

const stopping = (role: SyncRole): readonly string[] => ['--stop-daemon', role];

const LOCK = '/run/pha/ipvs-sync.lock';

/**
 * The director and the real server of one machine look and act one after the other: a backup that were started beside
 * the master would keep the director from serving (backup_only).
 */
const changeRoles = async (
  callsFor: (now: readonly SyncRole[]) => Calls,
  deadline: Deadline,
): Promise<Applied> => {
  const lock = await lockWithin(LOCK, `process ${process.pid}`, deadline).catch((error: unknown) => ({
    ok: false as const,
    holder: String(error),
  }));
  if (!lock.ok) return { ok: false, reason: `the synchronisation of IPVS is not free: ${lock.holder}` };
  try {
    const now = await rolesNow(deadline);
    if (!now.ok) return now;
    for (const args of callsFor(now.roles)) {
      const result = await run('ipvsadm', args, { deadline });
      if (!succeeded(result)) return { ok: false, reason: describeFailure(result) };
    }
    return { ok: true };
  } finally {
    lock.release();
  }
};

/** What makes the daemon run in one role and not in the other. Pure. */
export const callsForRole = (role: SyncRole, settings: SyncSettings, now: readonly SyncRole[]): Calls => {
  const other = role === 'master' ? 'backup' : 'master';
  return [
    ...(now.includes(other) ? [stopping(other)] : []),
    ...(now.includes(role) ? [] : [starting(role, settings)]),
  ];
};

/**
 * What makes it hear of the connections of a director elsewhere. The director itself is left alone, also one that could
 * not start its master. Pure.
 */
export const callsToListen = (
  settings: SyncSettings,
  now: readonly SyncRole[],
  isDirector: boolean,
): Calls => (isDirector || now.length > 0 ? [] : [starting('backup', settings)]);

/** What a log line says when the daemon cannot be had. */
export const syncFailure = (device: string, reason: string): string =>
  `the synchronisation of connections over ${device} (sync_interface): ${reason}; until that is mended, sessions end with their director`;

/** Whether it could run here; nothing where that cannot be told. */
export const objectionToSyncInterface = (
  device: string,
  interfaces: Fact<readonly Pick<Interface, 'name'>[]>,
): string | undefined => {
  const names = factOr(interfaces, []).map(({ name }) => name);
  return names.length === 0 || names.includes(device)
    ? undefined
    : `sync_interface is ${device}, and this machine has ${names.join(', ')}; name one of these`;
};

/** It may be repeated, as may all that follow. */
export const setSyncRole = (role: SyncRole, settings: SyncSettings, deadline: Deadline): Promise<Applied> =>
  changeRoles((now) => callsForRole(role, settings, now), deadline);

/** @param vip the address whose director is spoken of */
export const startListening = (settings: SyncSettings, vip: string, deadline: Deadline): Promise<Applied> =>
  changeRoles(
    (now) =>
      callsToListen(
        settings,
        now,
        readServices().some((service) => service.vip === vip),
      ),
    deadline,
  );

export const stopListening = (deadline: Deadline): Promise<Applied> =>
  changeRoles((now) => (now.includes('backup') ? [stopping('backup')] : []), deadline);
