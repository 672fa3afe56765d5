import { findPostmaster, serverProcesses } from '../../postgres/process.ts';
import { CommandExit } from '../exit-codes.ts';
import { type Failure, failure } from '../plan.ts';

/**
 * Looked at once more where the next thing is to change the data: whoever read the mark before it was written may have
 * started PostgreSQL since.
 */
export function serverStartedMeanwhile(pgdata: string): Failure | undefined {
  const pids = new Set(serverProcesses(pgdata).map(({ pid }) => pid));
  const postmaster = findPostmaster(pgdata);
  if (postmaster !== undefined) pids.add(postmaster.pid);
  return pids.size === 0
    ? undefined
    : failure(
        CommandExit.NOT_IN_STATE,
        `PostgreSQL was started on ${pgdata} in the meantime (processes ${[...pids].join(', ')}); nothing was changed, run this again`,
      );
}
