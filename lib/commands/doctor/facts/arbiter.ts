import { remainingMs } from '../../../distlock/answer.ts';
import { type Inspection, inspect } from '../../../distlock/arbiter.ts';
import { formatLockId } from '../../../distlock/lock-id.ts';
import { type Deadline, within } from '../../../system/clock.ts';
import { arbiterOfResource } from '../../arbiter/observe-arbiter.ts';
import { type DatabaseAssignment, resourceOf } from '../assignment.ts';
import type { ArbiterFacts } from './facts.ts';

/** As long as cls_status waits for it. */
const ANSWER_MS = 3_000;

/** The arbiter as this node reaches it; null where there is no lock. */
export async function examineArbiter(
  database: DatabaseAssignment | null,
  deadline: Deadline,
): Promise<ArbiterFacts | null> {
  const resource = database === null ? undefined : resourceOf(database);
  const arbiter = resource === undefined ? undefined : arbiterOfResource(resource);
  if (arbiter === undefined) return null;
  if (!arbiter.ok)
    return { where: '', lock: '', answer: { kind: 'refused', sentence: arbiter.failure.sentence } };
  const { address, lock } = arbiter.value;
  const about = { where: `${address.host}:${address.port}`, lock: formatLockId(lock) };
  const answer = await inspect(arbiter.value, within(deadline, ANSWER_MS));
  if (!answer.ok) return { ...about, answer: answer.failure };
  return { ...about, answer: answerOf(answer.value) };
}

/** One whose lease is over has nothing any more: the original's tables keep such owners, under names of its own (pgsql_node1). */
export const answerOf = ({ state, alone, database, server }: Inspection): ArbiterFacts['answer'] => ({
  kind: 'answers',
  owner: remainingMs(state) > 0 ? state.owner : '',
  hasRowAlone: alone !== undefined,
  database: database ?? null,
  ...server,
});
