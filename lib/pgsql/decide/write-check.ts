import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Decision, done, reason } from './decision.ts';

/**
 * In a row. One write may come late for many reasons that pass, and a failover for it takes longer than it does; three are as
 * many monitors, 10 to 25 seconds. However many follow, as with a resource that is not managed, one session at most is left
 * hanging in PostgreSQL (checkWrites).
 */
const FAILURES = 3;

/** A primary that reads and cannot write has failed (write_check=on), if it stays so. */
export const withWriteCheck = (snapshot: Snapshot, config: PgsqlConfig, decision: Decision): Decision => {
  const { writes, server } = snapshot;
  const { writeFailures = 0, ...memory } = decision.memory;
  if (writes === undefined || writes.kind === 'unknown') return decision;
  if (server.state !== 'running' || !server.answer.ok || server.answer.value.inRecovery) return decision;
  if (writes.kind === 'written') return { ...decision, memory };
  const count = writeFailures + 1;
  const counted = { ...memory, writeFailures: count };
  if (count < FAILURES) {
    const why = `PostgreSQL answers, but could not write (${count} of ${FAILURES}): ${writes.reason}`;
    return {
      ...decision,
      memory: counted,
      reasons: [...decision.reasons, reason('monitor.write-failed', why, 'warn')],
    };
  }
  return done(
    config.repMode === 'none' ? OcfExit.GENERIC : OcfExit.FAILED_PROMOTED,
    reason('monitor.no-writes', `PostgreSQL cannot write (write_check): ${writes.reason}`, 'error'),
    { memory },
  );
};
