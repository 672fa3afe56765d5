import type { RealServer } from '../../ipvs/table.ts';
import type { DirectorConfig } from '../config.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ServerPlan } from './plan.ts';
import { type Judged, weightOf } from './servers.ts';

/**
 * Servers of which a check has not ended in time: they may be dead, or the director may have too much to do. While others
 * are known to be well, those get what is new; else all stays as it is, rather than that nobody serves.
 *
 * @param isSpared somebody who is known to be well serves
 */
export const withoutAnswer = (
  late: readonly Judged[],
  isSpared: boolean,
  present: ReadonlyMap<string, RealServer>,
  snapshot: Snapshot,
  config: DirectorConfig,
): readonly ServerPlan[] =>
  late.map(({ machine, verdict: { rule, why } }) => ({
    machine,
    state: 'kept',
    weight: isSpared ? 0 : present.get(machine.address)?.weight || weightOf(machine, snapshot, config),
    rule,
    why: isSpared ? `gets no new connections: ${why}` : `stays, as no other is well: ${why}`,
  }));
