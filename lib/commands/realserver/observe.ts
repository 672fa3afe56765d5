import { readdirSync, realpathSync } from 'node:fs';
import { observe as observeLocal } from '../../lvs/realsvr/observe.ts';
import { objectionToVip, type RealServer } from '../../lvs/realsvr/real-server.ts';
import { type Deadline, within } from '../../system/clock.ts';
import { pathKind, readTextUnlinked } from '../../system/files.ts';
import { run } from '../../system/process.ts';
import type { OutsideSnapshot, UnitState } from './snapshot.ts';
import { UNIT_FOLDER, unitName, unitPath, vipOfUnit } from './unit.ts';

/** In whose name this command changes kernel settings. */
export const holderOf = ({ vip }: RealServer): string => `cls_realserver-${vip}`;

const COROSYNC_CONF = '/etc/corosync/corosync.conf';

const SYSTEMCTL_MS = 20_000;

/** Exists where systemd is the first process (sd_booted(3)). */
const BOOTED_BY_SYSTEMD = '/run/systemd/system';

export async function observe(server: RealServer, deadline: Deadline): Promise<OutsideSnapshot> {
  const [local, unit] = await Promise.all([
    observeLocal(server, holderOf(server), deadline),
    observeUnit(server.vip, deadline),
  ]);
  return { local, unit, executable: ownPath(), isClusterNode: pathKind(COROSYNC_CONF) !== 'missing' };
}

async function observeUnit(vip: string, deadline: Deadline): Promise<UnitState | undefined> {
  if (pathKind(BOOTED_BY_SYSTEMD) !== 'directory') return undefined;
  const asks = async (question: string): Promise<boolean> => {
    const limit = within(deadline, SYSTEMCTL_MS);
    const { exitCode } = await run('systemctl', ['--quiet', question, unitName(vip)], { deadline: limit });
    return exitCode === 0;
  };
  const [enabled, active] = await Promise.all([asks('is-enabled'), asks('is-active')]);
  return { text: readTextUnlinked(unitPath(vip)), enabled, active };
}

/** The addresses that this machine accepts again after a reboot. */
export const addressesWithUnits = (): readonly string[] => {
  try {
    return readdirSync(UNIT_FOLDER)
      .sort()
      .flatMap((name) => vipOfUnit(name) ?? [])
      .filter((vip) => objectionToVip(vip) === undefined);
  } catch {
    return [];
  }
};

const ownPath = (): string => realpathSync(process.argv[1] ?? '/usr/local/bin/cls_realserver');
