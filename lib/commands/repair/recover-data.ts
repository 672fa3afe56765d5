import { join } from 'node:path';
import { makeStandby } from '../../postgres/as-standby.ts';
import { type RecoverRequest, recoverAlone } from '../../postgres/rewind.ts';
import type { ServerVersion } from '../../postgres/version.ts';
import { removeFile } from '../../system/files.ts';
import { CommandExit } from '../exit-codes.ts';
import { serverStartedMeanwhile } from '../node-data/started-meanwhile.ts';
import { failure, STEP_DONE, type StepResult } from '../plan.ts';
import { putSignalBack } from './put-signal-back.ts';

/**
 * Crash recovery, for which the data must be no standby's when it begins. They are one again as soon as it has begun, so
 * that a kill -9 or a power failure leaves them one: only in the moment before could somebody who starts PostgreSQL by hand
 * make a second primary. (The agent makes a standby of whatever it starts.)
 */
export async function recoverData(
  request: Omit<RecoverRequest, 'onBegun'> & { readonly version: ServerVersion },
): Promise<StepResult> {
  const { pgdata, version, user } = request;
  let isStandby = false;
  const onBegun = (): void => {
    try {
      makeStandby(pgdata, version, user);
      isStandby = true;
    } catch {
      // Tried once more when it has ended, and then it is said why not.
    }
  };
  for (const name of ['standby.signal', 'recovery.signal', 'recovery.conf'])
    removeFile(join(pgdata, name), user);
  // The agent looks for the signal again once its server is there; whichever comes second sees the other.
  const started = serverStartedMeanwhile(pgdata);
  if (started !== undefined) {
    await putSignalBack(pgdata, version, user);
    return started;
  }
  // Whatever comes of it and of the steps after it.
  const result = await recoverAlone({ ...request, onBegun }).finally(async () => {
    if (!isStandby) await putSignalBack(pgdata, version, user);
  });
  return result.ok
    ? STEP_DONE
    : failure(
        CommandExit.ERROR,
        `the crashed server could not be recovered: ${result.reason}; if that stays so, run cls_rebuild_slave here`,
      );
}
