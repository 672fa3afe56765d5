import fc from 'fast-check';
import t from 'tap';
import { planStop, stageAt } from '../../../../lib/postgres/stop-plan.ts';

t.test('usual figures', async (t) => {
  t.same(planStop(90_000, 120_000), { immediateAtMs: 90_000, killAtMs: 100_000 });
  t.same(planStop(90_000, 60_000), { immediateAtMs: 51_000, killAtMs: 57_000 });
  t.same(planStop(0, 60_000), { immediateAtMs: 0, killAtMs: 10_000 });
  t.same(planStop(90_000, Number.POSITIVE_INFINITY), { immediateAtMs: 90_000, killAtMs: 100_000 });
  t.same(planStop(90_000, 0), { immediateAtMs: 0, killAtMs: 0 });
});

t.test('SIGKILL always comes in time, and never before an immediate shutdown', async () => {
  const ms = fc.integer({ min: 0, max: 10 ** 7 });
  fc.assert(
    fc.property(ms, ms, ms, (escalateAfterMs, availableMs, elapsedMs) => {
      const plan = planStop(escalateAfterMs, availableMs);
      const stages = ['fast', 'immediate', 'kill'];
      const isOrdered =
        stages.indexOf(stageAt(plan, elapsedMs)) <= stages.indexOf(stageAt(plan, elapsedMs + 1));
      const inTime = availableMs === 0 || plan.killAtMs < availableMs;
      return (
        isOrdered && inTime && plan.immediateAtMs <= plan.killAtMs && plan.immediateAtMs <= escalateAfterMs
      );
    }),
  );
});
