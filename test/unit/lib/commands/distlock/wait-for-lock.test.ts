import t from 'tap';
import { isSettled, waitForLock, watched } from '../../../../../lib/commands/distlock/wait-for-lock.ts';
import type { Acquired, LockAnswer } from '../../../../../lib/distlock/answer.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';

const state = { owner: 'node1', renewedAt: 'x', ageMs: 8990, leaseMs: 9000 };
const held: LockAnswer<Acquired> = { ok: true, value: { taken: false, before: state } };
const taken: LockAnswer<Acquired> = { ok: true, value: { taken: true, renewedAt: 'y', before: state } };
const failed = (kind: 'silent' | 'refused'): LockAnswer<Acquired> => ({
  ok: false,
  failure: { kind, sentence: kind },
});

const wait = async (
  first: LockAnswer<Acquired>,
  rest: LockAnswer<Acquired>[],
  ms = 60_000,
  abort = false,
) => {
  const states: string[] = [];
  const interrupted = abort ? AbortSignal.abort() : new AbortController().signal;
  const options = {
    waitMs: ms,
    deadline: deadlineIn(ms),
    onState: (text: string) => states.push(text),
    interrupted,
  };
  const answer = await waitForLock(first, async () => rest.shift() ?? failed('refused'), options);
  return { answer, states };
};

t.test('until it has it', async (t) => {
  const { answer, states } = await wait(held, [held, taken]);
  t.same(answer, taken);
  t.same(states, ['node1 has it', 'node1 has it']);
});

t.test('an arbiter that is silent may come back, one that refuses will not', async (t) => {
  t.same((await wait(failed('silent'), [failed('refused'), taken])).answer, failed('refused'));
  t.same((await wait(failed('refused'), [taken])).answer, failed('refused'));
});

t.test('no attempt after the time is over, or an interruption', async (t) => {
  t.same((await wait(held, [taken], 0)).answer, held);
  t.same((await wait(held, [taken], 60_000, true)).answer, held);
});

t.test('who waits without an end is told that the arbiter does not answer', async (t) => {
  const forEver = Number.POSITIVE_INFINITY;
  t.same(
    [failed('silent'), held, taken].map((answer) => isSettled(answer, forEver)),
    [true, false, true],
  );
  t.same(
    [failed('silent'), held, taken].map((answer) => isSettled(answer, 1000)),
    [false, false, true],
  );
});

t.test('a connection that was refused has taken nothing; one that was lost may have', async (t) => {
  const unreached: LockAnswer<Acquired> = {
    ok: false,
    failure: { kind: 'silent', sentence: 'ECONNREFUSED', isUnchanged: true },
  };
  const mayBeTaken = async (...answers: readonly LockAnswer<Acquired>[]): Promise<boolean> => {
    const rest = [...answers];
    const tries = watched(async () => rest.shift() ?? held);
    for (const _ of answers) await tries.attempt();
    return tries.mayBeTaken();
  };
  t.equal(await mayBeTaken(unreached), false);
  t.equal(await mayBeTaken(failed('silent')), true);
  t.equal(await mayBeTaken(failed('silent'), unreached), true, 'the one before may be carried out yet');
  t.equal(await mayBeTaken(failed('silent'), held), false, 'another one has it');
});
