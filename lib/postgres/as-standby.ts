import { join } from 'node:path';
import { writeFileAtomically } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import { type ServerVersion, usesRecoveryConf } from './version.ts';

/**
 * Makes a stopped server a standby of nobody in particular; the agent adds whom it follows. A copy of a primary that is
 * started by hand without it would be a second primary.
 */
export const makeStandby = (pgdata: string, version: ServerVersion, owner: OsUser): void => {
  const [name, text] = usesRecoveryConf(version)
    ? ['recovery.conf', "standby_mode = 'on'\nrecovery_target_timeline = 'latest'\n"]
    : ['standby.signal', ''];
  writeFileAtomically(join(pgdata, name), text, { user: owner, mode: 0o600 });
};
