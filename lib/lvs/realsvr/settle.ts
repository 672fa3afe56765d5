import type { Deadline } from '../../system/clock.ts';
import type { Decision, Reason } from './decision.ts';
import { describeStep, execute } from './execute.ts';
import { observe } from './observe.ts';
import type { RealServer } from './real-server.ts';
import type { RealServerSnapshot } from './snapshot.ts';

export type Decide = (server: RealServer, snapshot: RealServerSnapshot) => Decision;

export interface Conduct {
  readonly holder: string;
  readonly deadline: Deadline;
  readonly log: (reason: Reason) => void;
}

export type Settled =
  | { readonly kind: 'done'; readonly decision: Extract<Decision, { kind: 'done' }> }
  | { readonly kind: 'failed'; readonly why: string };

/** Load a module, then all the rest, then see that it is so; one more for what somebody else does at the same time. */
const MOST_ROUNDS = 4;

/** observe → decide → execute, until there is nothing left to do. */
export const settle = async (decide: Decide, server: RealServer, conduct: Conduct): Promise<Settled> => {
  let lastFailure = 'somebody changes it back';
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const decision = decide(server, await observe(server, conduct.holder, conduct.deadline));
    if (decision.kind === 'done') return { kind: 'done', decision };
    conduct.log(decision.reason);
    lastFailure = (await carryOut(decision, conduct)) ?? lastFailure;
  }
  return { kind: 'failed', why: lastFailure };
};

/** @returns why a step failed; those after it are not carried out */
const carryOut = async (
  { reason, steps }: Extract<Decision, { kind: 'act' }>,
  { holder, deadline, log }: Conduct,
): Promise<string | undefined> => {
  const note = (because: string): void => log({ rule: reason.rule, because, level: 'info' });
  for (const step of steps) {
    const result = await execute(step, { holder, deadline, note });
    if (!result.ok) {
      const because = `${describeStep(step)}: ${result.reason}`;
      log({ rule: reason.rule, because, level: 'warn' });
      return because;
    }
    note(`done: ${describeStep(step)}`);
  }
  return undefined;
};
