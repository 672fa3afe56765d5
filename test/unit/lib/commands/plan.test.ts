import t from 'tap';
import {
  carryOut,
  conduct,
  type Executor,
  failure,
  planText,
  STEP_DONE,
  type Verdict,
} from '../../../../lib/commands/plan.ts';
import { deadlineIn } from '../../../../lib/system/clock.ts';
import { fakeTerminal } from './cli/fake-terminal.ts';

type Step = 'first' | 'second' | 'third';

const plan = {
  purpose: 'All three are done.',
  warnings: ['it is late'],
  steps: ['first', 'second', 'third'] as const,
};

function recording(act: (step: Step) => void = () => {}, failing?: Step) {
  const done: string[] = [];
  const executor: Executor<Step> = {
    describe: (step) => `do the ${step}`,
    execute: async (step) => {
      done.push(step);
      act(step);
      return step === failing ? failure(11, `the ${step} did not end in time`) : STEP_DONE;
    },
    recover: async (begun) => `put back ${begun.join(', ')}`,
  };
  return { done, executor };
}

t.test('--dry-run shows the purpose, the warnings and each step', async (t) => {
  t.equal(
    planText(plan, recording().executor),
    'All three are done.\nWarning: it is late\n  1. do the first\n  2. do the second\n  3. do the third\n',
  );
});

t.test('a plan is carried out in order, and says what it does', async (t) => {
  const { done, executor } = recording();
  const terminal = fakeTerminal();
  t.equal(await carryOut('cls_try', plan, executor, terminal, deadlineIn(1000)), 0);
  t.strictSame(done, ['first', 'second', 'third']);
  t.equal(terminal.complaints(), 'cls_try: warning: it is late\ndo the first\ndo the second\ndo the third\n');
});

t.test('after a failure nothing more is begun, and what was begun is put back', async (t) => {
  const { done, executor } = recording(() => {}, 'second');
  const terminal = fakeTerminal();
  t.equal(await carryOut('cls_try', plan, executor, terminal, deadlineIn(1000)), 11);
  t.strictSame(done, ['first', 'second']);
  t.match(terminal.complaints(), /cls_try: the second did not end in time\n/);
  t.match(terminal.complaints(), /cls_try: put back first, second\n/);
});

t.test('what a step throws is a failure as any other, and so is what the recovery throws', async (t) => {
  const full = () => {
    throw new Error("ENOSPC: no space left on device, write '/var/lib/x'");
  };
  const { executor } = recording((step) => step === 'second' && full());
  const terminal = fakeTerminal();
  t.equal(await carryOut('cls_try', plan, executor, terminal, deadlineIn(1000)), 1);
  t.match(
    terminal.complaints(),
    "cls_try: could not do the second: ENOSPC: no space left on device, write '/var/lib/x'\n",
  );
  t.match(terminal.complaints(), /cls_try: put back first, second\n/);

  const lost = fakeTerminal();
  t.equal(
    await carryOut('cls_try', plan, { ...executor, recover: async () => full() }, lost, deadlineIn(1000)),
    1,
  );
  t.match(
    lost.complaints(),
    /could not do the second.*\n.*\n?cls_try: what is left to do could not be found out: ENOSPC.*cls_status/,
  );
});

t.test('after Ctrl-C the step under way ends, and what was begun is put back', async (t) => {
  const terminal = fakeTerminal();
  const { done, executor } = recording(() => terminal.interrupt());
  t.equal(await carryOut('cls_try', plan, executor, terminal, deadlineIn(1000)), 1);
  t.strictSame(done, ['first']);
  t.match(terminal.complaints(), /cls_try: interrupted; put back first\n/);
});

t.test('a verdict ends as it says, and --dry-run executes nothing', async (t) => {
  const { done, executor } = recording();
  const end = async (verdict: Verdict<Step>, dryRun = false) => {
    const terminal = fakeTerminal();
    const code = await conduct(verdict, executor, {
      name: 'cls_try',
      terminal,
      dryRun,
      deadline: deadlineIn(1000),
    });
    return [code, terminal.written(), terminal.complaints()];
  };
  t.strictSame(await end({ kind: 'refused', code: 10, sentence: 'no' }), [10, '', 'cls_try: no\n']);
  t.strictSame(await end({ kind: 'nothing-to-do', sentence: 'it is so' }), [0, 'it is so\n', '']);
  t.strictSame(await end({ kind: 'plan', plan }, true), [0, planText(plan, executor), '']);
  t.strictSame(done, []);
  t.equal((await end({ kind: 'plan', plan }))[0], 0);
  t.strictSame(done, ['first', 'second', 'third']);
});

t.test('what came of a step goes to standard output', async (t) => {
  const { executor } = recording();
  const terminal = fakeTerminal();
  const telling: Executor<Step> = {
    ...executor,
    execute: async (step) => ({ ok: true, sentence: `${step} is done` }),
  };
  await carryOut('cls_try', plan, telling, terminal, deadlineIn(1000));
  t.equal(terminal.written(), 'first is done\nsecond is done\nthird is done\n');
});
