import t from 'tap';
import { deadlineIn, earlier, onExpiry, sleep, within } from '../../../../lib/system/clock.ts';

t.test('a deadline runs down to zero and stays there', async (t) => {
  const deadline = deadlineIn(30);
  t.ok(deadline.remainingMs() > 0 && deadline.remainingMs() <= 30);
  t.notOk(deadline.expired());
  await sleep(40);
  t.equal(deadline.remainingMs(), 0);
  t.ok(deadline.expired());
});

t.test('the earlier of two, and a limit within a deadline', async (t) => {
  const [soon, late] = [deadlineIn(10), deadlineIn(10_000)];
  t.equal(earlier(soon, late), soon);
  t.equal(earlier(late, soon), soon);
  t.equal(within(soon, 10_000), soon);
  t.ok(within(late, 10).remainingMs() <= 10);
  t.ok(within(deadlineIn(Number.POSITIVE_INFINITY), 10).remainingMs() <= 10);
});

t.test(
  'onExpiry fires once, not at once for a deadline that never comes, and not after it was cancelled',
  async (t) => {
    const fired: string[] = [];
    onExpiry(deadlineIn(5), () => fired.push('soon'));
    const cancelNever = onExpiry(deadlineIn(Number.POSITIVE_INFINITY), () => fired.push('never'));
    const cancel = onExpiry(deadlineIn(5), () => fired.push('cancelled'));
    cancel();
    await sleep(20);
    cancelNever();
    t.same(fired, ['soon']);
  },
);
