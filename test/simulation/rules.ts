/** The product's own rules, as the simulated agent calls them. A broken set of them (mutants.ts) must be found out. */
import { guardStep } from '../../lib/distlock/decide/guard.ts';
import type { PgsqlConfig } from '../../lib/pgsql/config.ts';
import { judgeConfirmation } from '../../lib/pgsql/confirm.ts';
import type { Decision } from '../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../lib/pgsql/decide/monitor.ts';
import { decideNotify } from '../../lib/pgsql/decide/notify.ts';
import { decidePromote } from '../../lib/pgsql/decide/promote.ts';
import { decideStart } from '../../lib/pgsql/decide/start.ts';
import { decideDemote, decideStop } from '../../lib/pgsql/decide/stop.ts';
import type { CallKind } from '../../lib/pgsql/depth.ts';
import { needsQuorum } from '../../lib/pgsql/record.ts';
import type { Snapshot } from '../../lib/pgsql/snapshot.ts';
import { ASSUMED } from './assumed.ts';

export type Decide = (snapshot: Snapshot, config: PgsqlConfig) => Decision;

export interface Rules {
  readonly decide: Readonly<Record<CallKind, Decide>>;
  readonly judgeConfirmation: typeof judgeConfirmation;
  readonly needsQuorum: typeof needsQuorum;
  /** with a lock: the row of who goes on without its standby */
  readonly writesAlone: boolean;
  readonly guardStep: typeof guardStep;
  /**
   * Pacemaker's on one node, by what configurationPatch asks of it: from which admin_epoch the record was decided, and by how
   * much it raises that
   */
  readonly takesRecord: (adminEpoch: number, decidedAt: number, rank: number) => boolean;
  /** after a confirmation, and before what outranks others is written */
  readonly believesQuorum: (isQuorate: boolean) => boolean;
}

/** All that Pacemaker asks for by itself. */
export const goesForward: Rules['takesRecord'] = (adminEpoch, decidedAt, rank) =>
  decidedAt + rank >= adminEpoch;

export const REAL_RULES: Rules = {
  decide: {
    start: decideStart,
    stop: decideStop,
    monitor: decideMonitor,
    promote: decidePromote,
    demote: decideDemote,
    notify: decideNotify,
  },
  judgeConfirmation,
  needsQuorum,
  writesAlone: true,
  guardStep,
  takesRecord: (adminEpoch, decidedAt, rank) =>
    adminEpoch === decidedAt ||
    (rank > 0 && !ASSUMED.ranksOnlyAt && goesForward(adminEpoch, decidedAt, rank)),
  believesQuorum: (isQuorate) => isQuorate,
};
