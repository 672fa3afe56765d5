import { type Deadline, within } from '../system/clock.ts';
import { writeFileAtomically } from '../system/files.ts';
import type { OsUser } from '../system/os-user.ts';
import { processInfo, signalProcess } from '../system/proc.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { type ControlData, parseControlData } from './control-data.ts';
import type { Parsed } from './parsed.ts';

export { type StartRequest, type StartResult, startServer } from './start.ts';
export { type StopRequest, type StopResult, stopServer } from './stop.ts';

/** It reads one file of 8 KiB; a disk that does not give it in this time is broken. */
const CONTROL_DATA_WITHIN_MS = 10_000;

/** Runs pg_controldata as the owner of the data directory. `pgControlData` is the program's path. */
export const readControlData = async (
  pgControlData: string,
  pgdata: string,
  user: OsUser,
  deadline: Deadline,
): Promise<Parsed<ControlData>> => {
  const result = await run(pgControlData, [pgdata], {
    user,
    deadline: within(deadline, CONTROL_DATA_WITHIN_MS),
  });
  return succeeded(result)
    ? parseControlData(`${result.stderr}${result.stdout}`)
    : { ok: false, reason: describeFailure(result) };
};

/** Makes a server read its configuration again. False when it is gone. */
export const reloadServer = (postmasterPid: number): boolean =>
  processInfo(postmasterPid) !== undefined && signalProcess(postmasterPid, 'SIGHUP');

/**
 * Asks a standby to become primary, and does not wait: as pg_ctl does it, a file and a signal (9.4 and
 * later), which needs no free connection.
 */
export const promoteServer = (postmasterPid: number, pgdata: string, user: OsUser): boolean => {
  writeFileAtomically(`${pgdata}/promote`, '', { user, mode: 0o600 });
  return signalProcess(postmasterPid, 'SIGUSR1');
};
