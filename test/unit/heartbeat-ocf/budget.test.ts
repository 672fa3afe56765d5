import fc from 'fast-check';
import t from 'tap';
import { timeBudget } from '../../../heartbeat-ocf/budget.ts';

t.test('some examples', async (t) => {
  t.same(timeBudget(60_000), { handlerMs: 57_000, cutOffMs: 58_500 });
  t.same(timeBudget(300_000), { handlerMs: 295_000, cutOffMs: 297_500 });
  t.same(timeBudget(10_000), { handlerMs: 9_000, cutOffMs: 9_500 });
  t.same(timeBudget(1_000), { handlerMs: 800, cutOffMs: 900 });
});

t.test('the handler ends before it is cut off, and that before the timeout', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (timeoutMs) => {
      const { handlerMs, cutOffMs } = timeBudget(timeoutMs);
      return (
        handlerMs > 0 && handlerMs < cutOffMs && cutOffMs < timeoutMs && handlerMs >= timeoutMs * 0.8 - 1e-6
      );
    }),
  );
});
