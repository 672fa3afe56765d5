import type { LockAnswer } from '../../distlock/answer.ts';
import { type Arbiter, type Survey, survey } from '../../distlock/arbiter.ts';
import { formatLockId } from '../../distlock/lock-id.ts';
import { arbiterOf, namedLock, parameterOf } from '../../pgsql/lock/parameters.ts';
import { type Deadline, wallClockMs, within } from '../../system/clock.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

/** What the arbiter of two nodes says to this one. */
export interface ArbiterSnapshot {
  /** `node3:5439`, or the parameter that does not say where it is */
  readonly where: string;
  /** As operators write it; empty where the parameters do not name it. */
  readonly lock: string;
  readonly answer: LockAnswer<Survey>;
  /** By the clock of this node, when it was asked. */
  readonly atMs: number;
}

/** Changes of the owner that are shown. */
const HISTORY_LENGTH = 5;
/** An arbiter that is off says nothing, and what else there is must not wait for it. */
const ANSWER_MS = 3_000;

/** Where the lock is; undefined where the database has none. */
export const arbiterOfResource = ({
  provider,
  parameters,
}: PgsqlResource): LockAnswer<Arbiter> | undefined => {
  if (provider !== 'pha' || !parameters.enable_distlock) return undefined;
  const named = namedLock(parameters);
  if (!named.ok) return unreadable(named.reason);
  if (named.value === undefined) return undefined;
  const found = arbiterOf(named.value);
  return found.ok ? found : unreadable(`${parameterOf(parameters)}: ${found.reason}`);
};

const unreadable = (sentence: string): LockAnswer<never> => ({
  ok: false,
  failure: { kind: 'refused', sentence },
});

/** Reads only. */
export async function observeArbiter(
  resource: PgsqlResource,
  deadline: Deadline,
): Promise<ArbiterSnapshot | undefined> {
  const arbiter = arbiterOfResource(resource);
  if (arbiter === undefined) return undefined;
  const atMs = wallClockMs();
  if (!arbiter.ok) return { where: parameterOf(resource.parameters), lock: '', answer: arbiter, atMs };
  const { address, lock } = arbiter.value;
  return {
    where: `${address.host}:${address.port}`,
    lock: formatLockId(lock),
    answer: await survey(arbiter.value, HISTORY_LENGTH, within(deadline, ANSWER_MS)),
    atMs,
  };
}
