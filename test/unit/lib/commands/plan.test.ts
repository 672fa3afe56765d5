import t from 'tap';
import { carryOut, type Executor, failure, planText, STEP_DONE } from '../../../../lib/commands/plan.ts';
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

t.test('after Ctrl-C the step under way ends, and what was begun is put back', async (t) => {
  const terminal = fakeTerminal();
  const { done, executor } = recording(() => terminal.interrupt());
  t.equal(await carryOut('cls_try', plan, executor, terminal, deadlineIn(1000)), 1);
  t.strictSame(done, ['first']);
  t.match(terminal.complaints(), /cls_try: interrupted; put back first\n/);
});
