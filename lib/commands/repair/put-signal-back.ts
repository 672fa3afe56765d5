import { makeStandby } from '../../postgres/as-standby.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { deadlineIn, sleep } from '../../system/clock.ts';
import type { OsUser } from '../../system/os-user.ts';
import { serverStartedMeanwhile } from '../node-data/started-meanwhile.ts';

/** Longer than the agent waits for the lock file of the server that it starts, and then stops. */
const GONE_MS = 15_000;
const LOOK_AGAIN_MS = 50;

/**
 * Started by hand without it, the data would be a second primary. But a server that was started meanwhile may have begun
 * without it, and be a primary already: the agent, which looks for the signal once its server is there, must find it
 * missing and stop that server, so it comes back only then. A server that stays was started before it went.
 */
export async function putSignalBack(pgdata: string, version: ServerVersion, user: OsUser): Promise<void> {
  const deadline = deadlineIn(GONE_MS);
  while (serverStartedMeanwhile(pgdata) !== undefined && !deadline.expired()) await sleep(LOOK_AGAIN_MS);
  makeStandby(pgdata, version, user);
}
